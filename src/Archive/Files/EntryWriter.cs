using Tare.Archive.Tar;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Files;

/// <summary>
/// Makes the file that a tar entry describes, under one name in an open directory, with owner, mode, attributes and times. Never follows a link.
/// Used by the layer applier and the extractor; not thread-safe.
/// </summary>
internal sealed class EntryWriter(DirectoryCache directories, TarReader reader)
{
    private static readonly Dictionary<string, byte[]> EmptyXattrs = [];

    private readonly byte[] _buffer = new byte[256 * 1024];

    /// <summary>When set, everything belongs to this owner instead of the archive's.</summary>
    public (uint UserId, uint GroupId)? Owner { get; init; }

    /// <summary>Added to the archive's owners.</summary>
    public uint IdBase { get; init; }

    /// <summary>Makes a file, link, node or fifo; what was there, even a directory, is replaced.</summary>
    public void Make(FileDescriptor parent, string path, string name, TarEntry entry, Func<string, (FileDescriptor Parent, string Name)> linkTarget)
    {
        Errno errno = TryMake(parent, path, name, entry, linkTarget);
        if (errno == Errno.EEXIST)
        {
            TreeRemoval.Remove(parent, name);
            directories.Forget(path);
            errno = TryMake(parent, path, name, entry, linkTarget);
        }
        FileFailure.Check(errno, "make", path);
    }

    /// <summary>Makes a directory or keeps the one that is there; anything else of that name is replaced. True when it is new.</summary>
    public bool MakeDirectory(FileDescriptor parent, string path, string name, TarEntry entry)
    {
        bool made = EnsureDirectory(parent, path, name);
        SetDirectory(parent, path, name, entry.Mode, OwnerOf(entry), entry.Xattrs);
        return made;
    }

    /// <summary>Sets owner, mode and attributes of a directory that exists; an empty name is the open directory itself.</summary>
    public static void SetDirectory(FileDescriptor parent, string path, string name, uint mode, (uint UserId, uint GroupId) owner, IReadOnlyDictionary<string, byte[]>? xattrs)
    {
        string target = name.Length == 0 ? "." : name;
        FileFailure.Check(Fcntl.TryOpenAt(parent, target, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened), "open", path);
        using FileDescriptor directory = opened;
        FileFailure.Check(Unistd.TryChown(directory, "", owner.UserId, owner.GroupId), "chown", path);
        FileFailure.Check(Stat.TryChmod(directory, mode), "chmod", path);
        SetXattrs(directory, path, "", xattrs);
    }

    private bool EnsureDirectory(FileDescriptor parent, string path, string name)
    {
        Errno errno = Stat.TryMakeDirectory(parent, name, 0x1c0 /* 0700 until its owner is set */);
        if (errno == Errno.EEXIST)
        {
            FileFailure.Check(Stat.TryOf(parent, name, out FileStatus status), "stat", path);
            if (status.IsDirectory)
                return false;
            FileFailure.Check(Unistd.TryUnlink(parent, name), "remove", path);
            directories.Forget(path);
            errno = Stat.TryMakeDirectory(parent, name, 0x1c0);
        }
        FileFailure.Check(errno, "mkdir", path);
        return true;
    }

    private Errno TryMake(FileDescriptor parent, string path, string name, TarEntry entry, Func<string, (FileDescriptor Parent, string Name)> linkTarget)
    {
        switch (entry.Type)
        {
            case TarEntryType.File:
                return TryMakeFile(parent, path, name, entry);
            case TarEntryType.HardLink:
                (FileDescriptor targetParent, string targetName) = linkTarget(entry.LinkName);
                Errno linked = Unistd.TryLink(targetParent, targetName, parent, name);
                return linked is Errno.ENOENT or Errno.EPERM
                    ? throw TareException.Invalid($"refused archive entry \"{path}\": its hard link target \"{entry.LinkName}\" is {(linked == Errno.EPERM ? "a directory" : "not in the archive")}")
                    : linked;
            case TarEntryType.Symlink:
                if (entry.LinkName.Length is 0 or > 4095 || entry.LinkName.Contains('\0', StringComparison.Ordinal))
                    throw TareException.Invalid($"refused archive entry \"{path}\": a symbolic link without a usable target");
                return Then(Unistd.TrySymlink(entry.LinkName, parent, name), parent, path, name, entry);
            default:
                return TryMakeNode(parent, path, name, entry);
        }
    }

    private Errno TryMakeNode(FileDescriptor parent, string path, string name, TarEntry entry)
    {
        uint type = entry.Type switch
        {
            TarEntryType.CharacterDevice => FileStatus.S_IFCHR,
            TarEntryType.BlockDevice => FileStatus.S_IFBLK,
            _ => FileStatus.S_IFIFO,
        };
        // A character device 0:0 is overlayfs' whiteout: it would delete a file without saying so.
        if (type == FileStatus.S_IFCHR && entry.DeviceMajor == 0 && entry.DeviceMinor == 0)
            throw TareException.Invalid($"refused archive entry \"{path}\": the character device 0:0 is a whiteout in disguise");
        return Then(Stat.TryMakeNode(parent, name, type | 0x180 /* 0600 */, entry.DeviceMajor, entry.DeviceMinor), parent, path, name, entry);
    }

    private Errno TryMakeFile(FileDescriptor parent, string path, string name, TarEntry entry)
    {
        Errno errno = Fcntl.TryOpenAt(parent, name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, 0x180, out FileDescriptor file);
        using FileDescriptor opened = file;
        if (errno != Errno.None)
            return errno;
        while (reader.Read(_buffer) is var read and > 0)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(0, read);
            while (!rest.IsEmpty)
            {
                FileFailure.Check(Unistd.TryWrite(file, rest, out int written), "write", path);
                rest = rest[written..];
            }
        }
        (uint user, uint group) = OwnerOf(entry);
        FileFailure.Check(Unistd.TryChown(file, "", user, group), "chown", path);
        FileFailure.Check(Stat.TryChmod(file, entry.Mode), "chmod", path);
        SetXattrs(parent, path, name, entry.Xattrs);
        FileFailure.Check(Stat.TrySetTimes(file, "", entry.ModifiedSeconds, entry.ModifiedNanoseconds, entry.ModifiedSeconds, entry.ModifiedNanoseconds), "set times of", path);
        return Errno.None;
    }

    // Owner before mode: chown clears setuid and file capabilities.
    private Errno Then(Errno made, FileDescriptor parent, string path, string name, TarEntry entry)
    {
        if (made != Errno.None)
            return made;
        (uint user, uint group) = OwnerOf(entry);
        FileFailure.Check(Unistd.TryChown(parent, name, user, group), "chown", path);
        if (entry.Type != TarEntryType.Symlink)
            FileFailure.Check(Stat.TryChmodNoFollow(parent, name, entry.Mode), "chmod", path);
        SetXattrs(parent, path, name, entry.Xattrs);
        FileFailure.Check(Stat.TrySetTimes(parent, name, entry.ModifiedSeconds, entry.ModifiedNanoseconds, entry.ModifiedSeconds, entry.ModifiedNanoseconds), "set times of", path);
        return Errno.None;
    }

    private (uint UserId, uint GroupId) OwnerOf(TarEntry entry) => Owner ?? (entry.UserId + IdBase, entry.GroupId + IdBase);

    private static void SetXattrs(FileDescriptor parent, string path, string name, IReadOnlyDictionary<string, byte[]>? xattrs)
    {
        foreach ((string attribute, byte[] value) in xattrs ?? EmptyXattrs)
        {
            if (OverlayMarks.IsPrivate(attribute))
                continue;
            Errno errno = Xattr.TrySet(parent, name, attribute, value);
            // Labels of another machine's security module may be unknown here; a lost capability would change what a program may do.
            if (errno is Errno.ENOTSUP or Errno.EPERM or Errno.EINVAL && attribute != "security.capability")
                continue;
            FileFailure.Check(errno, $"set {attribute} of", path);
        }
    }
}
