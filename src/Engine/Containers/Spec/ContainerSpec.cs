using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.EngineApi.Containers;
using Tare.Oci.Runtime;

namespace Tare.Engine.Containers.Spec;

/// <summary>Turns a container's record into an OCI runtime configuration. Pure but for the host's devices and paths given.</summary>
internal static class ContainerSpec
{
    /// <summary>
    /// The configuration; <paramref name="joined"/> are the namespace types that are joined instead of made, <paramref name="filesOf"/> is the container
    /// whose network files are this one's, itself when null, <paramref name="linked"/> are variables of linked containers.
    /// </summary>
    internal static RuntimeSpec Build(ContainerRecord record, ContainerUser user, ContainerPaths paths, List<DeviceSpec> devices, IReadOnlySet<string> joined,
        string? filesOf = null, IReadOnlyList<string>? linked = null)
    {
        (ContainerConfig config, HostConfig host) = (record.Config, record.HostConfig);
        SecurityOptions security = SecurityOptions.Parse(host.SecurityOpt);
        bool open = host.Privileged || security.SystemPathsUnconfined;
        bool ownNames = !joined.Contains("uts") && host.UTSMode != "host";
        return new RuntimeSpec
        {
            Process = Process(record, user, security, linked ?? []),
            Root = new RootSpec { Readonly = host.ReadonlyRootfs },
            Hostname = ownNames ? Hostname(record) : null,
            Domainname = ownNames && config.Domainname.Length > 0 ? config.Domainname : null,
            Mounts = [.. MountChoice.Choose(record, paths, filesOf ?? record.Id)],
            Linux = new LinuxSpec
            {
                Namespaces = Namespaces(record, joined),
                Devices = devices,
                Sysctl = host.Sysctls,
                MaskedPaths = host.MaskedPaths ?? (open ? [] : DefaultPaths.Masked),
                ReadonlyPaths = host.ReadonlyPaths ?? (open ? [] : DefaultPaths.ReadOnly),
                RootfsPropagation = record.Mounts.Any(m => m.Propagation.EndsWith("shared", StringComparison.Ordinal)) ? "shared"
                    : record.Mounts.Any(m => m.Propagation.EndsWith("slave", StringComparison.Ordinal)) ? "slave" : null,
            },
        };
    }

    /// <summary>The host name inside: the configured one, or the first twelve digits of the id.</summary>
    internal static string Hostname(ContainerRecord record) =>
        record.HostConfig.UTSMode == "host" || (record.HostConfig.NetworkMode == "host" && record.Config.Hostname.Length == 0) ? Environment.MachineName
        : record.Config.Hostname.Length > 0 ? record.Config.Hostname : record.Id[..12];

    private static ProcessSpec Process(ContainerRecord record, ContainerUser user, SecurityOptions security, IReadOnlyList<string> linked)
    {
        (ContainerConfig config, HostConfig host) = (record.Config, record.HostConfig);
        return new ProcessSpec
        {
            Terminal = config.Tty,
            User = new UserSpec { Uid = user.Uid, Gid = user.Gid, AdditionalGids = [.. user.Groups] },
            Args = [.. record.Command],
            Env = ContainerEnvironment.Build(config.Env, Hostname(record), config.Tty, user.Home, linked),
            Cwd = config.WorkingDir.Length > 0 ? config.WorkingDir : "/",
            Capabilities = CapabilityChoice.Sets(CapabilityChoice.Choose(host)),
            Rlimits = Limits(host),
            NoNewPrivileges = security.NoNewPrivileges,
            // Always set: the keeper's own score, which its service may have lowered, is not the containers'.
            OomScoreAdj = host.OomScoreAdj,
        };
    }

    /// <summary>--ulimit; a negative number is no limit.</summary>
    internal static List<RlimitSpec> Limits(HostConfig host) => [.. (host.Ulimits ?? []).Select(Limit)];

    private static RlimitSpec Limit(Ulimit limit) => new()
    {
        Type = "RLIMIT_" + limit.Name.ToUpperInvariant(),
        Soft = limit.Soft < 0 ? ulong.MaxValue : (ulong)limit.Soft,
        Hard = limit.Hard < 0 ? ulong.MaxValue : (ulong)limit.Hard,
    };

    private static List<NamespaceSpec> Namespaces(ContainerRecord record, IReadOnlySet<string> joined)
    {
        HostConfig host = record.HostConfig;
        List<string> types = ["mount"];
        if (host.PidMode.Length == 0)
            types.Add("pid");
        if (host.NetworkMode != "host")
            types.Add("network");
        if (host.IpcMode != "host")
            types.Add("ipc");
        if (host.UTSMode != "host")
            types.Add("uts");
        if (host.CgroupnsMode != "host")
            types.Add("cgroup");
        return [.. types.Where(type => !joined.Contains(type)).Select(type => new NamespaceSpec { Type = type })];
    }
}
