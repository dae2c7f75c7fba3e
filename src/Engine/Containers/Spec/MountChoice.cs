using System.Globalization;
using Tare.Engine.Containers.Secrets;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;
using OciRuntime = Tare.Oci.Runtime;

namespace Tare.Engine.Containers.Spec;

/// <summary>All mounts of a container in the order they are made: the kernel's file systems, the engine's files, the user's, shallow ones first.</summary>
internal static class MountChoice
{
    private const long DefaultShmSize = 64 << 20;

    /// <param name="filesOf">The container whose network files are this one's too; itself when it has a network of its own.</param>
    internal static List<OciRuntime.MountSpec> Choose(ContainerRecord record, ContainerPaths paths, string filesOf)
    {
        HostConfig host = record.HostConfig;
        List<OciRuntime.MountSpec> system = System(host);
        List<OciRuntime.MountSpec> own = [.. Files(record, paths, filesOf), .. record.Mounts.Select(Convert), .. Tmpfs(host.Tmpfs), .. SecretFiles.Mounts(host.Secrets ?? [])];
        // A mount of the user's takes the place of the default one (--tmpfs /dev/shm, -v /dev:/dev).
        HashSet<string> taken = [.. record.Mounts.Select(m => m.Destination), .. (host.Tmpfs ?? []).Keys];
        _ = system.RemoveAll(m => taken.Contains(m.Destination));
        _ = own.RemoveAll(m => m.Type == "bind" && IsEngineFile(m.Destination) && taken.Contains(m.Destination) && m.Source!.StartsWith(paths.Of(filesOf), StringComparison.Ordinal));
        return [.. system, .. own.OrderBy(m => m.Destination.Count(c => c == '/'))];
    }

    private static bool IsEngineFile(string path) => path is "/etc/hosts" or "/etc/hostname" or "/etc/resolv.conf";

    private static List<OciRuntime.MountSpec> System(HostConfig host)
    {
        string access = host.Privileged ? "rw" : "ro";
        List<OciRuntime.MountSpec> mounts =
        [
            Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
            Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", access),
            Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", access),
        ];
        // In the host's IPC namespace this shows the host's queues.
        mounts.Add(Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"));
        if (host.IpcMode == "host" && Directory.Exists("/dev/shm"))
        {
            mounts.Add(Mount("/dev/shm", "bind", "/dev/shm", "bind", "nosuid", "noexec", "nodev"));
        }
        else if (host.IpcMode.StartsWith("container:", StringComparison.Ordinal))
        {
            mounts.Add(Mount("/dev/shm", "bind", "the shared memory of " + host.IpcMode, "bind", "nosuid", "noexec", "nodev"));
        }
        else if (host.IpcMode != "none")
        {
            long size = host.ShmSize > 0 ? host.ShmSize : DefaultShmSize;
            mounts.Add(Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=" + size.ToString(CultureInfo.InvariantCulture)));
        }
        return mounts;
    }

    private static IEnumerable<OciRuntime.MountSpec> Files(ContainerRecord record, ContainerPaths paths, string filesOf)
    {
        string access = record.HostConfig.ReadonlyRootfs ? "ro" : "rw";
        yield return Mount("/etc/resolv.conf", "bind", paths.ResolvConf(filesOf), "bind", "rprivate", access);
        yield return Mount("/etc/hostname", "bind", paths.Hostname(filesOf), "bind", "rprivate", access);
        yield return Mount("/etc/hosts", "bind", paths.Hosts(filesOf), "bind", "rprivate", access);
    }

    private static OciRuntime.MountSpec Convert(MountRecord mount)
    {
        if (mount.Kind == MountKind.Tmpfs)
            return TmpfsMount(mount.Destination, mount.TmpfsOptions);
        List<string> options = [mount.NonRecursive ? "bind" : "rbind", mount.Propagation.Length > 0 ? mount.Propagation : "rprivate"];
        if (mount.ReadOnly)
            options.Add(mount.ReadOnlyNonRecursive || mount.NonRecursive ? "ro" : "rro");
        string source = mount.Subpath is { Length: > 0 } subpath ? $"{mount.VolumeName ?? mount.ImageName}/{subpath}" : mount.Source;
        return new OciRuntime.MountSpec { Destination = mount.Destination, Type = "bind", Source = source, Options = options };
    }

    private static IEnumerable<OciRuntime.MountSpec> Tmpfs(Dictionary<string, string>? tmpfs) => (tmpfs ?? []).Select(t => TmpfsMount(t.Key, t.Value));

    private static OciRuntime.MountSpec TmpfsMount(string destination, string options)
    {
        List<string> words = ["noexec", "nosuid", "nodev"];
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            // "exec" takes the default "noexec" back.
            _ = words.RemoveAll(word => word == "no" + option || "no" + word == option);
            if (!words.Contains(option))
                words.Add(option);
        }
        return new OciRuntime.MountSpec { Destination = destination, Type = "tmpfs", Source = "tmpfs", Options = words };
    }

    private static OciRuntime.MountSpec Mount(string destination, string type, string source, params string[] options) =>
        destination.Length == 0 ? throw TareException.Internal("a mount without destination")
        : new() { Destination = destination, Type = type, Source = source, Options = [.. options] };
}
