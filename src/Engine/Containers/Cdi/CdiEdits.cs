using Tare.Engine.Containers.Spec;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;
using Cgroup = Tare.Cgroups;
using OciRuntime = Tare.Oci.Runtime;

namespace Tare.Engine.Containers.Cdi;

/// <summary>What the CDI devices of a container change in it.</summary>
internal sealed class CdiEdits
{
    private readonly List<CdiContainerEdits> _edits;

    private CdiEdits(List<CdiContainerEdits> edits) => _edits = edits;

    /// <summary>Finds the devices that a container asks for; NotSupported for one that needs more than can be done.</summary>
    internal static CdiEdits Of(IReadOnlyList<string> directories, HostConfig host)
    {
        List<CdiContainerEdits> edits = CdiRegistry.Resolve(directories, [.. (host.DeviceRequests ?? []).SelectMany(request => request.DeviceIDs ?? [])]);
        if (edits.SelectMany(edit => edit.Hooks ?? []).FirstOrDefault() is { } hook)
            throw new TareException(ErrorKind.NotSupported, $"CDI device injection failed: the device wants {hook.Path} to be run ({hook.HookName}), and containers of this engine have no hooks");
        if (edits.Exists(edit => edit.IntelRdt is not null || edit.NetDevices is { Count: > 0 }))
            throw new TareException(ErrorKind.NotSupported, "CDI device injection failed: the device wants intelRdt or netDevices, which containers of this engine do not get");
        return new CdiEdits(edits);
    }

    /// <summary>Adds device files and the right to use them.</summary>
    internal DeviceChoice ApplyTo(DeviceChoice devices)
    {
        List<CdiDeviceNode> wanted = [.. _edits.SelectMany(edit => edit.DeviceNodes ?? [])];
        if (wanted.Count == 0)
            return devices;
        List<OciRuntime.DeviceSpec> nodes = [.. devices.Nodes];
        List<Cgroup.DeviceRule> rules = [.. devices.Rules];
        foreach (CdiDeviceNode node in wanted)
        {
            OciRuntime.DeviceSpec made = Node(node);
            _ = nodes.RemoveAll(known => known.Path == made.Path);
            nodes.Add(made);
            if (made.Type is "b" or "c")
                rules.Add(new Cgroup.DeviceRule(true, made.Type[0], made.Major, made.Minor, string.IsNullOrEmpty(node.Permissions) ? "rwm" : node.Permissions));
        }
        return new DeviceChoice(nodes, rules);
    }

    /// <summary>Adds variables, groups and mounts.</summary>
    internal void ApplyTo(OciRuntime.RuntimeSpec spec)
    {
        foreach (CdiContainerEdits edit in _edits)
        {
            spec.Process!.Env = ContainerEnvironment.Merge(spec.Process.Env, edit.Env);
            if (edit.AdditionalGids is { Count: > 0 } groups)
                spec.Process.User.AdditionalGids = [.. (spec.Process.User.AdditionalGids ?? []).Concat(groups.Where(group => group != 0)).Distinct()];
            foreach (CdiMount mount in edit.Mounts ?? [])
            {
                spec.Mounts!.Add(new OciRuntime.MountSpec
                {
                    Destination = mount.ContainerPath,
                    Source = mount.HostPath,
                    Type = string.IsNullOrEmpty(mount.Type) ? "bind" : mount.Type,
                    Options = [.. mount.Options ?? ["ro", "nosuid", "nodev", "bind"]],
                });
            }
        }
    }

    /// <summary>What the document leaves open is taken from the host's file.</summary>
    private static OciRuntime.DeviceSpec Node(CdiDeviceNode node)
    {
        string host = string.IsNullOrEmpty(node.HostPath) ? node.Path : node.HostPath;
        FileStatus? status = null;
        if (Stat.TryOf(FileDescriptor.CurrentDirectory, host, out FileStatus found) == Errno.None && found.IsDevice)
            status = found;
        if (status is null && (node.Type is null || node.Major is null || node.Minor is null))
            throw TareException.Invalid($"CDI device injection failed: {host} is no device of this host");
        return new OciRuntime.DeviceSpec
        {
            Path = node.Path,
            Type = string.IsNullOrEmpty(node.Type) ? status!.Value.Type == FileStatus.S_IFBLK ? "b" : "c" : node.Type == "u" ? "c" : node.Type,
            Major = node.Major ?? status!.Value.RdevMajor,
            Minor = node.Minor ?? status!.Value.RdevMinor,
            FileMode = node.FileMode ?? (status is { } mode ? mode.Mode & 0xfff : 0x1b6 /* 0666 */),
            Uid = node.Uid ?? status?.UserId ?? 0,
            Gid = node.Gid ?? status?.GroupId ?? 0,
        };
    }
}
