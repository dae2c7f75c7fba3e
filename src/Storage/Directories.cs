using Tare.Archive.Files;
using Tare.Linux;

namespace Tare.Storage;

/// <summary>Directories of the data root, which only root may enter.</summary>
internal static class Directories
{
    /// <summary>Makes a directory, and those above it, with mode 0700 unless it exists.</summary>
    public static void MakePrivate(string path)
    {
        Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, path, 0x1c0);
        if (errno == Errno.ENOENT && Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            MakePrivate(parent);
            errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, path, 0x1c0);
        }
        if (errno != Errno.EEXIST)
            FileFailure.Check(errno, "mkdir", path);
    }
}
