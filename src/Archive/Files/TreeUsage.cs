using Tare.Linux;

namespace Tare.Archive.Files;

/// <summary>What a directory takes on disk, as du counts: allocated blocks of everything in it and of itself, a file with several names once. Stateless.</summary>
public static class TreeUsage
{
    private const int BlockSize = 512;

    /// <summary>Bytes of a directory and all below it; links are not followed.</summary>
    public static long Of(FileDescriptor directory) => (long)Stat.Of(directory).Blocks * BlockSize + Below(directory, []);

    private static long Below(FileDescriptor directory, HashSet<ulong> seen)
    {
        long sum = 0;
        foreach (DirectoryEntry entry in Dirent.List(directory))
        {
            // What goes while we look takes nothing.
            if (Stat.TryOf(directory, entry.Name, out FileStatus status) != Errno.None)
                continue;
            if (!status.IsDirectory && status.Links > 1 && !seen.Add(status.Inode))
                continue;
            sum += (long)status.Blocks * BlockSize;
            if (!status.IsDirectory || Fcntl.TryOpenAt(directory, entry.Name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened) != Errno.None)
                continue;
            using FileDescriptor child = opened;
            sum += Below(child, seen);
        }
        return sum;
    }
}
