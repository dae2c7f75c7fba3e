using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>Copies a directory's content into another one, by descriptors only: nothing in either tree can lead elsewhere.</summary>
internal static class TreeCopy
{
    private const uint Permissions = 0xfff;

    /// <summary>Content, owner and mode of the directory itself and everything below it.</summary>
    public static void Into(FileDescriptor target, FileDescriptor source)
    {
        using FileDescriptor to = Fcntl.OpenAt(target, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        foreach (DirectoryEntry entry in Dirent.List(source))
            Copy(to, source, entry.Name);
        FileStatus status = Stat.Of(source);
        Check(Unistd.TryChown(to, "", status.UserId, status.GroupId), "chown", ".");
        Check(Stat.TryChmod(to, status.Mode & Permissions), "chmod", ".");
    }

    private static void Copy(FileDescriptor target, FileDescriptor source, string name)
    {
        Check(Stat.TryOf(source, name, out FileStatus status), "statx", name);
        switch (status.Type)
        {
            case FileStatus.S_IFDIR:
                Check(Stat.TryMakeDirectory(target, name, 0x1c0), "mkdir", name);
                using (FileDescriptor from = Fcntl.OpenAt(source, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW))
                using (FileDescriptor to = Fcntl.OpenAt(target, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW))
                    Into(to, from);
                return;
            case FileStatus.S_IFREG:
                CopyFile(target, source, name, status);
                return;
            case FileStatus.S_IFLNK:
                Check(Unistd.TryReadLink(source, name, out string link), "readlink", name);
                Check(Unistd.TrySymlink(link, target, name), "symlink", name);
                break;
            default:
                Check(Stat.TryMakeNode(target, name, status.Mode, status.RdevMajor, status.RdevMinor), "mknod", name);
                break;
        }
        Check(Unistd.TryChown(target, name, status.UserId, status.GroupId), "chown", name);
    }

    private static void CopyFile(FileDescriptor target, FileDescriptor source, string name, FileStatus status)
    {
        using FileDescriptor from = Fcntl.OpenAt(source, name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        using FileDescriptor to = Fcntl.OpenAt(target, name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, 0x180);
        byte[] buffer = new byte[64 * 1024];
        for (int read = from.Read(buffer); read > 0; read = from.Read(buffer))
            to.Write(buffer.AsSpan(0, read));
        Check(Unistd.TryChown(to, "", status.UserId, status.GroupId), "chown", name);
        Check(Stat.TryChmod(to, status.Mode & Permissions), "chmod", name);
    }

    private static void Check(Errno errno, string operation, string name)
    {
        if (errno != Errno.None)
            throw new SyscallException($"tmpcopyup: {operation}", errno, name);
    }
}
