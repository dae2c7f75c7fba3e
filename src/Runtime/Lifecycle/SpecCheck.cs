using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>What is wrong in a configuration is said before anything is made; what this machine cannot give is left out with a warning where the specification says so.</summary>
internal static class SpecCheck
{
    private const uint GreatestId = int.MaxValue;

    public static void Check(RuntimeSpec spec, CreateOptions options)
    {
        Version(spec.OciVersion);
        ProcessSpec process = spec.Process ?? throw TareException.Invalid("config.json has no process");
        if (spec.Root is null || spec.Root.Path.Length == 0)
            throw TareException.Invalid("config.json has no root.path");
        string rootfs = Path.GetFullPath(Path.Combine(options.Bundle, spec.Root.Path));
        if (!Directory.Exists(rootfs))
            throw TareException.Invalid($"invalid rootfs: stat {rootfs}: {(File.Exists(rootfs) ? "not a directory" : "no such file or directory")}");
        Process(process);
        Names(spec);
        UserNamespace(spec);
        Hooks.Check(spec.Hooks);
        Seccomp(spec.Linux?.Seccomp);
        if (spec.Linux?.IntelRdt is { } classes)
            ResourceControl.Check(classes, ResourceControl.Root);
        if (!string.IsNullOrEmpty(spec.Linux?.MountLabel) && !Steps.LabelSteps.HasSelinux)
            throw new TareException(ErrorKind.NotSupported, $"mountLabel \"{spec.Linux.MountLabel}\": selinux is not enabled in this kernel");
        Capabilities(spec, options.Warn);
    }

    /// <summary>A process, of a container or an exec.</summary>
    public static void Process(ProcessSpec process)
    {
        if (process.Args is not { Count: > 0 } || process.Args[0].Length == 0)
            throw TareException.Invalid("process args cannot be empty");
        if (!process.Cwd.StartsWith('/'))
            throw TareException.Invalid(process.Cwd.Length == 0 ? "Cwd property must not be empty" : "Cwd must be an absolute path");
        // The kernel's -1 means "no change", and ids above are negative in too many programs (CVE-2024-40635).
        foreach (uint id in (process.User.AdditionalGids ?? []).Append(process.User.Uid).Append(process.User.Gid))
            if (id > GreatestId)
                throw TareException.Invalid($"process.user: id {id} is above {GreatestId}");
        foreach (string text in process.Args.Concat(process.Env ?? []))
            if (text.Contains('\0', StringComparison.Ordinal))
                throw TareException.Invalid("process: an argument or a variable contains a nul byte");
    }

    private static void Version(string version)
    {
        string[] parts = version.Split('-', 2)[0].Split('+')[0].Split('.');
        if (parts.Length != 3 || !parts.All(p => uint.TryParse(p, out _)))
            throw TareException.Invalid($"ociVersion \"{version}\" is not a semantic version");
        if (parts[0] != "1")
            throw TareException.Invalid($"ociVersion {version} is not supported: this runtime knows 1.x");
    }

    private static void Names(RuntimeSpec spec)
    {
        bool uts = Has(spec, "uts");
        if (!string.IsNullOrEmpty(spec.Hostname) && !uts)
            throw TareException.Invalid("unable to set hostname without a private UTS namespace");
        if (!string.IsNullOrEmpty(spec.Domainname) && !uts)
            throw TareException.Invalid("unable to set domainname without a private UTS namespace");
        if (spec.Linux?.TimeOffsets is { Count: > 0 } && !Has(spec, "time"))
            throw TareException.Invalid("time namespace offsets are set, but there is no time namespace");
        if (spec.Linux?.NetDevices is { Count: > 0 } && !Has(spec, "network"))
            throw TareException.Invalid("netDevices cannot be moved without a private network namespace");
        foreach (KeyValuePair<string, NetDeviceSpec> device in spec.Linux?.NetDevices ?? new Dictionary<string, NetDeviceSpec>())
            foreach (string name in new[] { device.Key, device.Value.Name ?? device.Key })
                if (name.Length is 0 or > 15 || name is "." or ".." || name.Any(c => char.IsWhiteSpace(c) || c is '/' or ':'))
                    throw TareException.Invalid($"netDevices: invalid network device name \"{name}\"");
    }

    private static void UserNamespace(RuntimeSpec spec)
    {
        NamespaceSpec? user = spec.Linux?.Namespaces?.FirstOrDefault(n => n.Type == "user");
        bool maps = spec.Linux?.UidMappings is { Count: > 0 } || spec.Linux?.GidMappings is { Count: > 0 };
        if (user is null && maps)
            throw TareException.Invalid("user namespace mappings specified, but user namespace isn't enabled in the config");
        if (user is not null && string.IsNullOrEmpty(user.Path) && !(spec.Linux!.UidMappings is { Count: > 0 } && spec.Linux.GidMappings is { Count: > 0 }))
            throw TareException.Invalid("user namespaces enabled, but no namespace path or user mappings: linux.uidMappings and linux.gidMappings are needed");
        if (user is null && Privilege.IsUser)
            throw TareException.Invalid("rootless container requires user namespaces: add one to linux.namespaces, with mappings");
    }

    private static void Seccomp(SeccompSpec? seccomp)
    {
        if (seccomp is null)
            return;
        if (seccomp.DefaultAction == "SCMP_ACT_NOTIFY")
            throw TareException.Invalid("SCMP_ACT_NOTIFY cannot be used as default action");
        foreach (SeccompSyscall call in seccomp.Syscalls ?? [])
            if (call.Action == "SCMP_ACT_NOTIFY" && call.Names.Contains("write"))
                throw TareException.Invalid("SCMP_ACT_NOTIFY cannot be used for the write syscall");
        if (SeccompConfiguration.HasListener(seccomp) && string.IsNullOrEmpty(seccomp.ListenerPath))
            throw TareException.Invalid("seccomp: SCMP_ACT_NOTIFY needs listenerPath");
        if (!string.IsNullOrEmpty(seccomp.ListenerMetadata) && string.IsNullOrEmpty(seccomp.ListenerPath))
            throw TareException.Invalid("seccomp: listenerMetadata needs listenerPath");
    }

    /// <summary>config.md: a capability that does not exist or cannot be granted is a warning, not an error.</summary>
    private static void Capabilities(RuntimeSpec spec, Action<string> warn)
    {
        if (spec.Process!.Capabilities is not { } sets)
            return;
        ulong grantable = Has(spec, "user") ? ulong.MaxValue : Privilege.Permitted();
        Capabilities(sets, grantable, warn);
    }

    /// <summary>Leaves out what cannot be granted, and ambient capabilities that the other sets do not carry.</summary>
    public static void Capabilities(CapabilitiesSpec sets, ulong grantable, Action<string> warn)
    {
        SortedSet<string> left = [];
        IList<string>? Filter(IList<string>? names) => names is null ? null : [.. names.Where(name =>
        {
            int number = Capability.Number(name);
            bool can = number >= 0 && (grantable & (1ul << number)) != 0;
            if (!can)
                _ = left.Add(name);
            return can;
        })];
        (sets.Bounding, sets.Effective, sets.Permitted) = (Filter(sets.Bounding), Filter(sets.Effective), Filter(sets.Permitted));
        (sets.Inheritable, sets.Ambient) = (Filter(sets.Inheritable), Filter(sets.Ambient));
        foreach (string name in sets.Ambient ?? [])
            if (sets.Permitted?.Contains(name) != true || sets.Inheritable?.Contains(name) != true)
                warn($"can't raise ambient capability {name}: it must be permitted and inheritable too");
        sets.Ambient = sets.Ambient is null ? null : [.. sets.Ambient.Where(a => sets.Permitted?.Contains(a) == true && sets.Inheritable?.Contains(a) == true)];
        if (left.Count > 0)
            warn($"ignoring unknown or unavailable capabilities: [{string.Join(' ', left)}]");
    }

    private static bool Has(RuntimeSpec spec, string type) => spec.Linux?.Namespaces?.Any(n => n.Type == type) == true;
}
