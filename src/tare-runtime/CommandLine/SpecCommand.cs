using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.CommandLine;

/// <summary>`spec`: writes a config.json that runs a shell with usual restrictions.</summary>
internal static class SpecCommand
{
    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, ["--bundle|-b"], ["--rootless"]);
        string path = Path.Combine(arguments.Value("--bundle") ?? ".", "config.json");
        if (File.Exists(path))
            throw TareException.Conflict($"File {path} exists. Remove it first");
        RuntimeSpec spec = Template();
        if (arguments.Has("--rootless"))
            MakeRootless(spec);
        File.WriteAllBytes(path, spec.ToIndentedJson());
        return 0;
    }

    /// <summary>What an ordinary user may have: his own id as root of a user namespace, the host's network, a /sys that is the host's, and no limits.</summary>
    private static void MakeRootless(RuntimeSpec spec)
    {
        LinuxSpec linux = spec.Linux!;
        linux.Namespaces = [.. linux.Namespaces!.Where(n => n.Type is not ("network" or "user")), new NamespaceSpec { Type = "user" }];
        linux.UidMappings = [new IdMapping { ContainerId = 0, HostId = Unistd.EffectiveUserId, Size = 1 }];
        linux.GidMappings = [new IdMapping { ContainerId = 0, HostId = Unistd.EffectiveGroupId, Size = 1 }];
        linux.Resources = null;
        foreach (MountSpec mount in spec.Mounts!)
            mount.Options = [.. (mount.Options ?? []).Where(o => !o.StartsWith("gid=", StringComparison.Ordinal) && !o.StartsWith("uid=", StringComparison.Ordinal))];
        spec.Mounts =
        [
            .. spec.Mounts.Where(m => m.Destination is not ("/sys" or "/sys/fs/cgroup")),
            new() { Destination = "/sys", Type = "none", Source = "/sys", Options = ["rbind", "nosuid", "noexec", "nodev", "ro"] },
        ];
    }

    private static RuntimeSpec Template() => new()
    {
        Process = new ProcessSpec
        {
            Terminal = true,
            Args = ["sh"],
            Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            NoNewPrivileges = true,
            Capabilities = new CapabilitiesSpec
            {
                Bounding = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                Effective = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                Permitted = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
            },
            Rlimits = [new RlimitSpec { Type = "RLIMIT_NOFILE", Soft = 1024, Hard = 1024 }],
        },
        Root = new RootSpec { Readonly = true },
        Hostname = "tare",
        Mounts =
        [
            new() { Destination = "/proc", Type = "proc", Source = "proc", Options = ["nosuid", "noexec", "nodev"] },
            new() { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "strictatime", "mode=755", "size=65536k"] },
            new() { Destination = "/dev/pts", Type = "devpts", Source = "devpts", Options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"] },
            new() { Destination = "/dev/shm", Type = "tmpfs", Source = "shm", Options = ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
            new() { Destination = "/dev/mqueue", Type = "mqueue", Source = "mqueue", Options = ["nosuid", "noexec", "nodev"] },
            new() { Destination = "/sys", Type = "sysfs", Source = "sysfs", Options = ["nosuid", "noexec", "nodev", "ro"] },
            new() { Destination = "/sys/fs/cgroup", Type = "cgroup", Source = "cgroup", Options = ["nosuid", "noexec", "nodev", "relatime", "ro"] },
        ],
        Linux = new LinuxSpec
        {
            Resources = new LinuxResources { Devices = [new DeviceRule { Allow = false, Access = "rwm" }] },
            // As runc has it: with v1 trees beside, those who look at /proc/self/cgroup from inside expect the host's paths.
            Namespaces = [.. new[] { "pid", "network", "ipc", "uts", "mount" }.Concat(Cgroups.CgroupHierarchy.OfThisMachine.Shape == Cgroups.CgroupShape.Unified ? ["cgroup"] : Array.Empty<string>())
                .Select(type => new NamespaceSpec { Type = type })],
            MaskedPaths = ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
            ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    };
}
