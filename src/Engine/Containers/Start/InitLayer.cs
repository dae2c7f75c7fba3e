using Tare.Linux;

namespace Tare.Engine.Containers.Start;

/// <summary>
/// A layer that lies on every image: the directories and empty files that mounts need. So a start writes nothing into the container's own layer, and
/// links that an image has at /proc, /sys or /dev are covered by plain directories.
/// </summary>
internal static class InitLayer
{
    private static readonly string[] Directories = ["dev", "dev/pts", "dev/shm", "etc", "proc", "sys"];
    private static readonly string[] Files = [".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf"];

    /// <summary>Makes what is missing; modes are set by hand because the umask is not known.</summary>
    internal static void Ensure(string path)
    {
        _ = Directory.CreateDirectory(path);
        using FileDescriptor layer = Fcntl.Open(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        _ = Stat.TryChmod(layer, 0x1ed);
        foreach (string directory in Directories)
        {
            _ = Stat.TryMakeDirectory(layer, directory, 0x1ed);
            _ = Stat.TryChmodAt(layer, directory, 0x1ed);
        }
        foreach (string file in Files)
        {
            using FileDescriptor made = Fcntl.OpenAt(layer, file, Fcntl.O_WRONLY | Fcntl.O_CREAT, 0x1a4);
            _ = Stat.TryChmod(made, 0x1a4);
        }
        _ = Unistd.TrySymlink("/proc/mounts", layer, "etc/mtab");
    }
}
