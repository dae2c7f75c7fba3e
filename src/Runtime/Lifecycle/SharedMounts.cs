using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>
/// Containers without a mount namespace, which inherit the runtime's (config-linux.md#namespaces): their root file system is a mount of the host's over its own
/// directory, with all of the container's mounts in it, and goes with the container.
/// </summary>
internal static class SharedMounts
{
    /// <summary>The root file system, and the empty directory for masks below it.</summary>
    private const int MostMounts = 2;

    /// <summary>In a user namespace of its own a container could mount nothing on the host.</summary>
    public static bool AreWanted(RuntimeSpec spec) => !ContainerCompiler.Moves(spec) && spec.Linux?.Namespaces?.Any(n => n.Type == "mount") != true;

    /// <summary>The id of the mount that a root file system is attached over.</summary>
    public static ulong Below(string rootfs)
    {
        using FileDescriptor directory = Fcntl.Open(rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY);
        return Stat.Of(directory).MountId;
    }

    /// <summary>Detaches what lies above that mount; 0 is none.</summary>
    public static void Remove(string rootfs, ulong below)
    {
        if (below == 0)
            return;
        for (int mounts = 0; mounts < MostMounts && Directory.Exists(rootfs) && Below(rootfs) != below; mounts++)
            _ = Mount.TryUnmount(rootfs, Mount.MNT_DETACH | Mount.UMOUNT_NOFOLLOW);
    }
}
