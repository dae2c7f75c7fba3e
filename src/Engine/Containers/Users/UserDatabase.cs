using System.Globalization;
using System.Text;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Users;

/// <summary>A line of /etc/passwd.</summary>
internal sealed record PasswdEntry(string Name, uint Uid, uint Gid, string Home);

/// <summary>A line of /etc/group.</summary>
internal sealed record GroupEntry(string Name, uint Gid, IReadOnlyList<string> Members);

/// <summary>/etc/passwd and /etc/group of a root file system, read by descriptor; lines that are not in the format are skipped.</summary>
internal sealed record UserDatabase(IReadOnlyList<PasswdEntry> Users, IReadOnlyList<GroupEntry> Groups)
{
    private const ulong MaxFileSize = 10 << 20;

    /// <summary>Reads both files; a missing one is empty.</summary>
    internal static UserDatabase Read(FileDescriptor root) => Parse(ReadFile(root, "etc/passwd"), ReadFile(root, "etc/group"));

    internal static UserDatabase Parse(string passwd, string group) => new([.. ParsePasswd(passwd)], [.. ParseGroup(group)]);

    private static IEnumerable<PasswdEntry> ParsePasswd(string text)
    {
        foreach (string[] fields in Lines(text))
        {
            if (fields.Length >= 6 && TryId(fields[2], out uint uid) && TryId(fields[3], out uint gid))
                yield return new PasswdEntry(fields[0], uid, gid, fields[5]);
        }
    }

    private static IEnumerable<GroupEntry> ParseGroup(string text)
    {
        foreach (string[] fields in Lines(text))
        {
            if (fields.Length >= 3 && TryId(fields[2], out uint gid))
                yield return new GroupEntry(fields[0], gid, fields.Length > 3 ? fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries) : []);
        }
    }

    private static IEnumerable<string[]> Lines(string text) =>
        text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(':'));

    /// <summary>Ids above 2^31-1 are refused everywhere: some program between here and the kernel would read them as negative.</summary>
    internal static bool TryId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id <= int.MaxValue;

    /// <summary>Non-blocking and checked, because an image may have a fifo, a device or an endless file there.</summary>
    private static string ReadFile(FileDescriptor root, string path)
    {
        Errno errno = Fcntl.TryOpenInRoot(root, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY, 0, out FileDescriptor file);
        if (errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
            return "";
        if (errno != Errno.None)
            throw TareException.Invalid($"open /{path} of the container's image: {errno.Describe()}");
        using (file)
        {
            FileStatus status = Stat.Of(file);
            if (!status.IsRegular)
                throw TareException.Invalid($"/{path} of the container's image is not a regular file");
            if (status.Size > MaxFileSize)
                throw TareException.Invalid($"/{path} of the container's image is larger than {MaxFileSize >> 20} MiB");
            byte[] content = new byte[status.Size];
            int length = 0;
            while (length < content.Length)
            {
                int read = file.Read(content.AsSpan(length));
                if (read == 0)
                    break;
                length += read;
            }
            return Encoding.UTF8.GetString(content, 0, length);
        }
    }
}
