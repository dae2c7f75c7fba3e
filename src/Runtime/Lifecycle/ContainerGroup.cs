using Tare.Cgroups;
using Tare.Cgroups.Systemd;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>The cgroup of a container of this command line: made by hand or by systemd, or none where an ordinary user may not make any.</summary>
internal sealed class ContainerGroup : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private Placeholder? _placeholder;
    private readonly CgroupHierarchy _hierarchy;

    private ContainerGroup(CgroupHierarchy hierarchy, ContainerCgroup? cgroup, string? scope) => (_hierarchy, Cgroup, Scope) = (hierarchy, cgroup, scope);

    /// <summary>null: the container runs in its caller's group, without limits.</summary>
    public ContainerCgroup? Cgroup { get; }

    /// <summary>The systemd scope behind the group.</summary>
    public string? Scope { get; }

    /// <summary>Makes it; limits that this machine cannot impose become warnings.</summary>
    public static ContainerGroup Create(CreateOptions options, RuntimeSpec spec)
    {
        CgroupHierarchy hierarchy = CgroupHierarchy.OfThisMachine;
        CgroupLimits limits = CgroupConfiguration.Limits(spec.Linux?.Resources) with { EveryTree = MayMakeGroups(spec) };
        bool tolerant = options.Rootless == true || (options.Rootless is null && (Privilege.IsUser || Privilege.IsInUserNamespace));
        string given = spec.Linux?.CgroupsPath ?? "";
        if (options.SystemdCgroup)
            return InScope(options, SystemdScope.Parse(given, options.Id), hierarchy, limits);
        try
        {
            ContainerCgroup cgroup = ContainerCgroup.Create(hierarchy, PathOf(given, options.Id), tolerant ? limits with { Devices = null } : limits, filterLater: true);
            foreach (string warning in cgroup.Warnings)
                options.Warn(warning);
            return new ContainerGroup(hierarchy, cgroup, null);
        }
        catch (TareException e) when (tolerant && given.Length == 0 && e.Kind == ErrorKind.Internal)
        {
            if (HasLimits(spec.Linux?.Resources))
                options.Warn($"no cgroup for an unprivileged container, so limits are not imposed: {TareException.Describe(e)}");
            return new ContainerGroup(hierarchy, null, null);
        }
    }

    /// <summary>systemd makes the group around a placeholder; then it is ours as any other.</summary>
    private static ContainerGroup InScope(CreateOptions options, SystemdScope scope, CgroupHierarchy hierarchy, CgroupLimits limits)
    {
        Placeholder placeholder = new();
        scope.Start(placeholder.Pid, limits);
        try
        {
            ContainerCgroup cgroup = ContainerCgroup.Adopt(hierarchy, scope.Path, limits, placeholder.Pid, Patience);
            foreach (string warning in cgroup.Warnings)
                options.Warn(warning);
            // The scope ends with its last process: the container's must be in it before the placeholder goes.
            return new ContainerGroup(hierarchy, cgroup, scope.Unit) { _placeholder = placeholder };
        }
        catch
        {
            placeholder.Dispose();
            scope.Stop();
            throw;
        }
    }

    public IReadOnlyList<CgroupMount> Mounts() => Cgroup is null ? [] : CgroupConfiguration.Mounts(_hierarchy, Cgroup);

    public void TryRemove()
    {
        Dispose();
        if (Scope is not null)
            SystemdScope.Of(Scope, Cgroup!.Path).Stop();
        _ = Cgroup?.TryDelete(TimeSpan.FromSeconds(1));
    }

    /// <summary>Ends the placeholder, once the container's own process is in the group.</summary>
    public void Dispose()
    {
        _placeholder?.Dispose();
        _placeholder = null;
    }

    private static string PathOf(string given, string id) => given.Trim('/').Length > 0 ? "/" + given.Trim('/') : $"/{id}";

    private static bool MayMakeGroups(RuntimeSpec spec) =>
        spec.Mounts?.Any(m => m.Type == "cgroup" && (MountOptions.Parse(m).Set & Mount.MOUNT_ATTR_RDONLY) == 0) == true;

    private static bool HasLimits(LinuxResources? r) =>
        r is not null && (r.Memory?.Limit ?? r.Pids?.Limit ?? r.Cpu?.Quota ?? (long?)r.Cpu?.Shares ?? r.Unified?.Count ?? 0) != 0;
}
