using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Linux;

namespace Tare.Archive.Layers;

/// <summary>Describes a directory that a layer has entries below but no entry for: as the layers below have it, else 0755 of root.</summary>
internal static class ImpliedDirectory
{
    public static TarEntry Describe(IReadOnlyList<FileDescriptor> lowers, string path)
    {
        foreach (FileDescriptor lower in lowers)
        {
            Errno errno = Fcntl.TryOpen2(lower, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY, 0, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS, out FileDescriptor opened);
            using FileDescriptor directory = opened;
            if (errno != Errno.None)
                continue;
            FileStatus status = Stat.Of(directory);
            return new TarEntry
            {
                Type = TarEntryType.Directory,
                Name = path,
                Mode = status.Mode & 0xfff,
                UserId = status.UserId,
                GroupId = status.GroupId,
                ModifiedSeconds = status.ModifiedSeconds,
                ModifiedNanoseconds = status.ModifiedNanoseconds,
                Xattrs = FileXattrs.Read(directory, ""),
            };
        }
        return new TarEntry { Type = TarEntryType.Directory, Name = path, Mode = 0x1ed /* 0755 */ };
    }
}
