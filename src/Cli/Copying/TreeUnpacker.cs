using System.Formats.Tar;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Cli.Copying;

/// <summary>
/// Unpacks a tar that a container's engine made. The archive is not trusted: every parent is opened below the target without following a link,
/// so that nothing can be written outside of it.
/// </summary>
internal sealed class TreeUnpacker(string targetDirectory, string rootName, bool keepOwners)
{
    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS;

    /// <summary>Unpacks with the archive's first name replaced by the root name; an empty one puts its contents into the target.</summary>
    public void Unpack(Stream archive)
    {
        using FileDescriptor target = Fcntl.Open(targetDirectory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        using var reader = new TarReader(archive, leaveOpen: true);
        string? first = null;
        while (reader.GetNextEntry() is { } entry)
        {
            string name = Clean(entry.Name);
            first ??= name;
            string path = Rebase(name, first);
            if (path.Length > 0)
                Extract(target, path, entry, first);
        }
    }

    private string Rebase(string name, string first)
    {
        string rest = first.Length == 0 ? name
            : name == first ? ""
            : name.StartsWith(first + "/", StringComparison.Ordinal) ? name[(first.Length + 1)..]
            : throw TareException.Invalid($"unexpected name {name} in the archive");
        return rootName.Length == 0 ? rest : rest.Length == 0 ? rootName : $"{rootName}/{rest}";
    }

    private void Extract(FileDescriptor target, string path, TarEntry entry, string first)
    {
        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..];
        using FileDescriptor parent = OpenParent(target, slash < 0 ? "." : path[..slash]);
        Errno errno = entry.EntryType switch
        {
            TarEntryType.Directory => MakeDirectory(parent, name),
            TarEntryType.RegularFile or TarEntryType.V7RegularFile => WriteFile(parent, name, entry),
            TarEntryType.SymbolicLink => Replace(parent, name, () => Unistd.TrySymlink(entry.LinkName, parent, name)),
            TarEntryType.HardLink => Replace(parent, name, () => Link(target, Rebase(Clean(entry.LinkName), first), parent, name)),
            // Devices and sockets mean nothing outside of the container.
            _ => Errno.None,
        };
        if (errno != Errno.None)
            throw TareException.Internal($"unpack {path} to {targetDirectory}: {errno.Describe()}");
        if (keepOwners)
            _ = Unistd.TryChown(parent, name, (uint)entry.Uid, (uint)entry.Gid);
        if (entry.EntryType is TarEntryType.Directory)
            _ = Stat.TryChmodNoFollow(parent, name, (uint)entry.Mode & 0x1FF);
        SetTime(parent, name, entry);
    }

    private static FileDescriptor OpenParent(FileDescriptor target, string path)
    {
        Errno errno = Fcntl.TryOpen2(target, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, 0, Beneath, out FileDescriptor parent);
        return errno == Errno.None ? parent : throw TareException.Internal($"open {path} below the target of the copy: {errno.Describe()}");
    }

    private static Errno MakeDirectory(FileDescriptor parent, string name)
    {
        Errno errno = Stat.TryMakeDirectory(parent, name, 0x1ED);
        if (errno != Errno.EEXIST)
            return errno;
        errno = Fcntl.TryOpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor existing);
        existing.Dispose();
        return errno;
    }

    private static Errno WriteFile(FileDescriptor parent, string name, TarEntry entry)
    {
        uint mode = (uint)entry.Mode & 0x1FF;
        FileDescriptor? file = null;
        Errno errno = Replace(parent, name, () =>
            Fcntl.TryOpenAt(parent, name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, mode, out file));
        using (file)
        {
            if (errno != Errno.None)
                return errno;
            if (entry.DataStream is { } data)
            {
                byte[] buffer = new byte[64 * 1024];
                int n;
                while ((n = data.Read(buffer)) > 0)
                    Unistd.WriteAll(file!, buffer.AsSpan(0, n));
            }
            return Stat.TryChmod(file!, mode);
        }
    }

    private static Errno Link(FileDescriptor target, string source, FileDescriptor parent, string name)
    {
        int slash = source.LastIndexOf('/');
        using FileDescriptor from = OpenParent(target, slash < 0 ? "." : source[..slash]);
        return Unistd.TryLink(from, source[(slash + 1)..], parent, name);
    }

    /// <summary>What is in the way goes, unless it is a directory.</summary>
    private static Errno Replace(FileDescriptor parent, string name, Func<Errno> make)
    {
        Errno errno = make();
        if (errno != Errno.EEXIST)
            return errno;
        errno = Unistd.TryUnlink(parent, name);
        return errno == Errno.None ? make() : errno;
    }

    private static void SetTime(FileDescriptor parent, string name, TarEntry entry)
    {
        (long seconds, long ticks) = Math.DivRem(entry.ModificationTime.UtcTicks - DateTimeOffset.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        if (ticks >= 0)
            _ = Stat.TrySetTimes(parent, name, seconds, ticks * 100, seconds, ticks * 100);
    }

    private static string Clean(string name)
    {
        string[] parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Contains(".."))
            throw TareException.Invalid($"refusing name {name} in the archive");
        return string.Join('/', parts.Where(p => p != "."));
    }
}
