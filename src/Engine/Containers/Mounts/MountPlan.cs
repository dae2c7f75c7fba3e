using Tare.Engine.Containers.Roles;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Images;
using Tare.Linux;

namespace Tare.Engine.Containers.Mounts;

/// <summary>All mounts of a new container: --volumes-from, -v, --mount, and a volume for each place the image or the request names.</summary>
internal sealed class MountPlan(ContainerContext context, string containerId)
{
    private readonly List<string> _made = [];

    /// <summary>Decides, makes volumes that do not exist, and directories for -v sources that do not exist.</summary>
    internal async Task<List<MountRecord>> MakeAsync(ContainerConfig config, HostConfig host, IEnumerable<MountSpec> requests)
    {
        Dictionary<string, MountRecord> mounts = new(StringComparer.Ordinal);
        foreach (MountRecord inherited in (host.VolumesFrom ?? []).SelectMany(Inherit))
            mounts[inherited.Destination] = inherited;
        HashSet<string> explicitly = [];
        foreach (MountRecord mount in (host.Binds ?? []).Select(BindSpec.Parse).Concat(requests.Select(MountRequest.Parse)))
        {
            if (!explicitly.Add(mount.Destination))
                throw TareException.Invalid($"Duplicate mount point: {mount.Destination}");
            mounts[mount.Destination] = mount;
        }
        foreach (string tmpfs in (host.Tmpfs ?? []).Keys)
        {
            if (!explicitly.Add(MountPath.Clean(tmpfs, tmpfs)))
                throw TareException.Invalid($"Duplicate mount point: {tmpfs}");
        }
        foreach (string place in (config.Volumes ?? []).Keys)
        {
            string destination = MountPath.Clean(place, place);
            if (!explicitly.Contains(destination))
                _ = mounts.TryAdd(destination, new MountRecord { Kind = MountKind.Volume, Destination = destination, Driver = "local", Anonymous = true });
        }
        List<MountRecord> result = [];
        foreach (MountRecord mount in mounts.Values)
            result.Add(await MakeSourceAsync(mount, requests));
        return result;
    }

    /// <summary>Removes the anonymous volumes made for a container that was not to be.</summary>
    internal async Task AbandonAsync()
    {
        foreach (string name in _made)
            await context.Volumes.RemoveAsync(name);
    }

    private IEnumerable<MountRecord> Inherit(string specification)
    {
        int colon = specification.LastIndexOf(':');
        string reference = colon < 0 ? specification : specification[..colon];
        string mode = colon < 0 ? "" : specification[(colon + 1)..];
        if (mode is not ("" or "ro" or "rw" or "z" or "Z"))
            throw TareException.Invalid($"invalid mode for volumes-from: {mode}");
        return context.Store.Get(reference).Record.Mounts.Where(m => m.Kind != MountKind.Tmpfs)
            .Select(m => m with { ReadOnly = m.ReadOnly || mode == "ro", Anonymous = false });
    }

    private async Task<MountRecord> MakeSourceAsync(MountRecord mount, IEnumerable<MountSpec> requests)
    {
        switch (mount.Kind)
        {
            case MountKind.Bind:
                if (!Path.Exists(mount.Source))
                    MakeHostDirectory(mount.Source);
                return mount;
            case MountKind.Volume when mount.Source.Length == 0:
                VolumeOptions? options = requests.FirstOrDefault(r => r.Type == "volume" && r.Target is { } t && MountPath.Normalise(t) == mount.Destination)?.VolumeOptions;
                ContainerVolume volume = await context.Volumes.EnsureAsync(mount.VolumeName, options?.DriverConfig, options?.Labels, containerId);
                if (mount.Anonymous)
                    _made.Add(volume.Name);
                return mount with { VolumeName = volume.Name, Driver = volume.Driver, Source = volume.MountPoint };
            case MountKind.Image when mount.Source.Length == 0:
                Image image = context.Images.Resolve(mount.ImageName!);
                ImageRootfs unpacked = await context.Images.EnsureUnpackedAsync(image);
                return mount with { Source = image.Id.ToString(), Chain = unpacked.ChainId?.ToString() ?? "" };
            default:
                return mount;
        }
    }

    /// <summary>-v makes a directory of the host where there is none, as users are used to.</summary>
    private static void MakeHostDirectory(string path)
    {
        string parent = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(parent))
            MakeHostDirectory(parent);
        Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, path, 0x1ed);
        if (errno is not (Errno.None or Errno.EEXIST))
            throw TareException.Invalid($"error while creating mount source path '{path}': mkdir {path}: {errno.Describe()}");
    }
}
