using Tare.Engine.Containers.State;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>Sizes on disk, walked by descriptors because the container owns what is in its writable layer.</summary>
internal static class ContainerSize
{
    /// <summary>Bytes of the writable layer, and of it and the image together.</summary>
    internal static (long Writable, long Root) Of(ContainerContext context, ContainerRecord record)
    {
        long writable = 0;
        if (Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, context.Paths.Upper(record.Id), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, 0, out FileDescriptor upper) == Errno.None)
        {
            using (upper)
                writable = Walk(upper, []);
        }
        return (writable, writable + (context.Images.TryResolve(record.ImageId, out Tare.Images.Image? image) ? image.Size : 0));
    }

    private static long Walk(FileDescriptor directory, HashSet<ulong> seen)
    {
        long sum = 0;
        foreach (DirectoryEntry entry in Dirent.List(directory))
        {
            if (Stat.TryOf(directory, entry.Name, out FileStatus status) != Errno.None)
                continue;
            if (status.IsDirectory)
            {
                if (Fcntl.TryOpenAt(directory, entry.Name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor child) == Errno.None)
                {
                    using (child)
                        sum += Walk(child, seen);
                }
            }
            else if (status.Links < 2 || seen.Add(status.Inode))
            {
                sum += (long)status.Size;
            }
        }
        return sum;
    }
}
