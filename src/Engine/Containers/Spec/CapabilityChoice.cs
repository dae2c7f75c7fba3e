using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Oci.Runtime;
using Tare.Runtime;

namespace Tare.Engine.Containers.Spec;

/// <summary>Which capabilities a container gets: Docker's 14, changed by --cap-add and --cap-drop, or all when privileged.</summary>
internal static class CapabilityChoice
{
    private static readonly ulong Possible = Capability.BoundingSet();

    /// <summary>Names in the order of their numbers; what this process cannot give is left out.</summary>
    internal static List<string> Choose(HostConfig host) => host.Privileged ? Names(Possible) : Names(Mask(host.CapAdd, host.CapDrop) & Possible);

    /// <summary>All that can be given, for a privileged exec.</summary>
    internal static List<string> All => Names(Possible);

    /// <summary>The sets of a process: never inheritable or ambient ones (CVE-2022-24769).</summary>
    internal static CapabilitiesSpec Sets(List<string> names) => new() { Bounding = names, Effective = names, Permitted = names, Inheritable = [], Ambient = [] };

    private static ulong Mask(List<string>? add, List<string>? drop)
    {
        ulong mask = Has(drop, "ALL") ? 0 : Has(add, "ALL") ? ulong.MaxValue : Capability.Mask(Capability.Defaults);
        // A capability named on its own wins over ALL of the other list.
        if (Has(add, "ALL") && Has(drop, "ALL"))
            mask = 0;
        foreach (string name in Named(add))
            mask |= 1ul << Number(name, "CapAdd");
        foreach (string name in Named(drop))
            mask &= ~(1ul << Number(name, "CapDrop"));
        return mask;
    }

    private static bool Has(List<string>? names, string name) => names?.Any(n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) == true;

    private static IEnumerable<string> Named(List<string>? names) => (names ?? []).Where(n => !n.Equals("ALL", StringComparison.OrdinalIgnoreCase));

    private static int Number(string name, string list)
    {
        int number = Capability.Number(name);
        return number >= 0 ? number : throw TareException.Invalid($"invalid {list}: unknown capability: \"{name}\"");
    }

    private static List<string> Names(ulong mask) => [.. Capability.All.Where((_, number) => (mask & (1ul << number)) != 0)];
}
