using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Checkpoint;

/// <summary>Mounts that show something of the host, which criu does not save: it is told what they are at dump, and where they come from at restore.</summary>
internal static class CriuMounts
{
    private const int ExternalMount = 23;

    public static void AddForDump(CriuWriter request, RuntimeSpec spec, int pid)
    {
        foreach (MountSpec mount in Binds(spec))
            Add(request, mount.Destination, mount.Destination);
        foreach (string path in spec.Linux?.MaskedPaths ?? [])
            if (IsMaskedFile(pid, path))
                Add(request, path, "/dev/null");
        foreach (DeviceSpec device in spec.Linux?.Devices ?? [])
            Add(request, device.Path, device.Path);
    }

    /// <param name="prepared">Where criu finds mounts that no path of the host's leads to, by their destinations.</param>
    public static void AddForRestore(CriuWriter request, RuntimeSpec spec, IReadOnlyDictionary<string, string> prepared)
    {
        foreach (MountSpec mount in Binds(spec))
            Add(request, mount.Destination, prepared.GetValueOrDefault(mount.Destination, mount.Source!));
        if (spec.Linux?.MaskedPaths is { Count: > 0 })
            Add(request, "/dev/null", "/dev/null");
        foreach (DeviceSpec device in spec.Linux?.Devices ?? [])
            Add(request, device.Path, device.Path);
    }

    /// <summary>Makes the places of mounts that the root file system lacks; what lies on a tmpfs comes back with that.</summary>
    public static void MakePlaces(RuntimeSpec spec, FileDescriptor root, IReadOnlyDictionary<string, PreparedMount> prepared)
    {
        IList<MountSpec> mounts = spec.Mounts ?? [];
        foreach (MountSpec mount in mounts)
            if (mount.Type != "cgroup" && !mounts.Any(m => m != mount && Covers(m, mount)))
                Make(root, mount, prepared.TryGetValue(mount.Destination, out PreparedMount? ready) ? !ready.IsDirectory : IsFile(mount));
    }

    private static bool IsFile(MountSpec mount) => MountOptions.Parse(mount).Bind && mount.Source is not null && File.Exists(mount.Source);

    /// <summary>True when the outer mount shows something else than the root file system where the inner one goes.</summary>
    private static bool Covers(MountSpec outer, MountSpec inner) => inner.Destination.StartsWith(outer.Destination.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static void Make(FileDescriptor root, MountSpec mount, bool isFile)
    {
        string[] names = mount.Destination.Split('/', StringSplitOptions.RemoveEmptyEntries);
        FileDescriptor directory = root.Duplicate();
        for (int i = 0; i < names.Length; i++)
        {
            using FileDescriptor parent = directory;
            bool last = i == names.Length - 1;
            string path = string.Join('/', names[..(i + 1)]);
            Errno errno = Fcntl.TryOpenInRoot(root, path, Fcntl.O_PATH, 0, out directory);
            if (errno == Errno.ENOENT)
            {
                errno = last && isFile ? Stat.TryMakeNode(parent, names[i], FileStatus.S_IFREG | 0x1a4 /* 0644 */) : Stat.TryMakeDirectory(parent, names[i], 0x1ed);
                if (errno == Errno.None)
                    errno = Fcntl.TryOpenInRoot(root, path, Fcntl.O_PATH, 0, out directory);
            }
            if (errno != Errno.None)
                throw new TareException(ErrorKind.Internal, $"make the place of the mount on {mount.Destination}", new SyscallException("openat2", errno, path));
        }
        directory.Dispose();
    }

    private static IEnumerable<MountSpec> Binds(RuntimeSpec spec) => (spec.Mounts ?? []).Where(m => MountOptions.Parse(m).Bind && m.Source is not null);

    private static bool IsMaskedFile(int pid, string path)
    {
        using FileDescriptor root = Fcntl.Open($"/proc/{pid}/root", Fcntl.O_PATH | Fcntl.O_DIRECTORY);
        if (Fcntl.TryOpenInRoot(root, path, Fcntl.O_PATH, 0, out FileDescriptor file) != Errno.None)
            return false;
        using (file)
            return !Stat.Of(file).IsDirectory;
    }

    private static void Add(CriuWriter request, string key, string value) => _ = request.Message(ExternalMount, new CriuWriter().Text(1, key).Text(2, value));
}
