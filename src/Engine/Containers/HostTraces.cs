using Tare.Cgroups;
using Tare.Engine.Containers.State;

namespace Tare.Engine.Containers;

/// <summary>
/// What the machine still has of containers when the engine starts, looked up in a few lists: most containers that do not run are in none of them, and cost
/// nothing more.
/// </summary>
internal sealed class HostTraces
{
    private readonly ContainerContext _context;
    private readonly IReadOnlySet<string> _networks;
    private readonly HashSet<string> _cgroups;

    private HostTraces(ContainerContext context)
    {
        _context = context;
        _networks = context.Networks.Present;
        _cgroups = [.. ContainerCgroup.List(context.Cgroups, context.CgroupParent)];
    }

    /// <summary>Looks at the machine as it is now.</summary>
    internal static HostTraces Look(ContainerContext context) => new(context);

    /// <summary>True when something may be left that <see cref="ContainerTeardown"/> takes down.</summary>
    internal bool HasAny(ContainerRecord record) =>
        _networks.Contains(record.Id) || _cgroups.Contains(record.Id) || (record.HostConfig.CgroupParent.Length > 0 && HasOwnCgroup(record));

    private bool HasOwnCgroup(ContainerRecord record) => ContainerCgroup.Open(_context.Cgroups, _context.CgroupPath(record)).Exists;
}
