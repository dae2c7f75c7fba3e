using System.Globalization;
using System.Text;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups;

/// <summary>Reads and writes the small text files of a cgroup directory. The directories are the host's own and trusted.</summary>
internal static class CgroupFile
{
    /// <summary>Writes a value; a refusal becomes an error that names the file, the value and the likely remedy.</summary>
    internal static void Write(string directory, string file, string value)
    {
        Errno errno = TryWrite(directory, file, value);
        if (errno != Errno.None)
            throw Refused(directory, file, value, errno);
    }

    /// <summary>Writes a value in one write(2), without creating the file.</summary>
    internal static Errno TryWrite(string directory, string file, string value)
    {
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, $"{directory}/{file}", Fcntl.O_WRONLY | Fcntl.O_TRUNC, 0, out FileDescriptor fd);
        if (errno != Errno.None)
            return errno;
        using (fd)
            return Unistd.TryWrite(fd, Encoding.ASCII.GetBytes(value), out _);
    }

    /// <summary>Writes a value that this kernel may have no file for; then adds a warning instead.</summary>
    internal static void WriteOrWarn(string directory, string file, string value, string what, ICollection<string> warnings)
    {
        Errno errno = TryWrite(directory, file, value);
        if (errno is Errno.ENOENT or Errno.ENOTSUP)
            warnings.Add($"the kernel has no {what} here (no {file} that takes it): {what} discarded");
        else if (errno != Errno.None)
            throw Refused(directory, file, value, errno);
    }

    /// <summary>The whole text, or null when there is no such file or the cgroup is gone.</summary>
    internal static string? TryRead(string directory, string file) => SmallFile.TryReadText($"{directory}/{file}");

    /// <summary>The words of a file; none when there is no such file.</summary>
    internal static string[] ReadWords(string directory, string file) =>
        TryRead(directory, file)?.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>A single number; null for "max", a missing file, or v1's "unlimited" (a page-rounded 2^63).</summary>
    internal static ulong? ReadNumber(string directory, string file) =>
        ulong.TryParse(TryRead(directory, file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out ulong value)
            && value < 0x7FFF_FFFF_0000_0000 ? value : null;

    /// <summary>"key value" lines.</summary>
    internal static Dictionary<string, ulong> ReadKeyed(string directory, string file)
    {
        var values = new Dictionary<string, ulong>();
        foreach (string line in (TryRead(directory, file) ?? "").Split('\n'))
        {
            int blank = line.IndexOf(' ');
            if (blank > 0 && ulong.TryParse(line.AsSpan(blank + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
                values[line[..blank]] = value;
        }
        return values;
    }

    /// <summary>Invariant text of a number that a controller writes.</summary>
    internal static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc cref="Text(long)"/>
    internal static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>v2's spelling: a negative number is "max".</summary>
    internal static string TextOrMax(long value) => value < 0 ? "max" : Text(value);

    private static TareException Refused(string directory, string file, string value, Errno errno)
    {
        string remedy = errno switch
        {
            Errno.EINVAL or Errno.ERANGE => "the kernel does not take this value: check the limit",
            Errno.EBUSY => "the container uses more than that: stop something in it or choose a higher limit",
            Errno.ENOENT => "this kernel has no such control: leave the limit out or enable its controller",
            Errno.ENODEV or Errno.ENXIO => "there is no such device",
            Errno.EACCES or Errno.EPERM or Errno.EROFS => "setting limits needs root and a writable cgroup file system",
            Errno.ENOSPC => "the parent group leaves no room for it",
            _ => "see the kernel's cgroup documentation for this file",
        };
        ErrorKind kind = errno is Errno.EINVAL or Errno.ERANGE or Errno.EBUSY or Errno.ENODEV or Errno.ENXIO
            ? ErrorKind.InvalidArgument : errno is Errno.ENOENT ? ErrorKind.NotSupported : ErrorKind.Internal;
        return new TareException(kind, $"write \"{value}\" to {directory}/{file}: {errno.Describe()} ({remedy})");
    }
}
