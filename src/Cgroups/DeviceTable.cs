using System.Globalization;
using Tare.Errors;

namespace Tare.Cgroups;

/// <summary>
/// Device rules in the kernel's own form: a default and exceptions to it, one per device. Made once from the ordered rules, written line by line on
/// v1 and compiled to a program on v2, so that both mean the same.
/// </summary>
internal sealed class DeviceTable
{
    private readonly List<Entry> _exceptions = [];

    /// <summary>What happens to a device without an exception.</summary>
    internal bool AllowByDefault { get; private set; } = true;

    /// <summary>Devices treated the other way.</summary>
    internal IReadOnlyList<Entry> Exceptions => _exceptions;

    /// <summary>True when no filter is needed at all.</summary>
    internal bool AllowsEverything => AllowByDefault && _exceptions.Count == 0;

    /// <summary>Replays the rules: one for all devices resets the table, others add or remove bits of one device's exception.</summary>
    internal static DeviceTable From(IReadOnlyList<DeviceRule> rules)
    {
        var table = new DeviceTable();
        foreach (DeviceRule rule in rules)
        {
            DeviceAccess access = ParseAccess(rule);
            if (rule.Type == 'a' && rule.Major is null && rule.Minor is null)
            {
                table.AllowByDefault = rule.Allow;
                table._exceptions.Clear();
            }
            else if (rule.Type == 'a')
            {
                table.Change(rule, 'b', access);
                table.Change(rule, 'c', access);
            }
            else
            {
                table.Change(rule, rule.Type, access);
            }
        }
        return table;
    }

    private void Change(DeviceRule rule, char type, DeviceAccess access)
    {
        int at = _exceptions.FindIndex(e => e.Type == type && e.Major == rule.Major && e.Minor == rule.Minor);
        DeviceAccess old = at >= 0 ? _exceptions[at].Access : 0;
        DeviceAccess now = rule.Allow == AllowByDefault ? old & ~access : old | access;
        if (at >= 0)
            _exceptions.RemoveAt(at);
        if (now != 0)
            _exceptions.Add(new Entry(type, rule.Major, rule.Minor, now));
    }

    private static DeviceAccess ParseAccess(DeviceRule rule)
    {
        if (rule.Type is not ('a' or 'b' or 'c'))
            throw TareException.Invalid($"device rule type '{rule.Type}': use a, b or c");
        DeviceAccess access = 0;
        foreach (char letter in rule.Access)
        {
            access |= letter switch
            {
                'r' => DeviceAccess.Read,
                'w' => DeviceAccess.Write,
                'm' => DeviceAccess.MakeNode,
                'a' => 0, // known from types, and passed over by runc
                _ => throw TareException.Invalid($"device rule access \"{rule.Access}\": use a subset of rwm"),
            };
        }
        return access;
    }

    /// <summary>One device, or all of a kind, and the accesses that are exceptions for it.</summary>
    internal readonly record struct Entry(char Type, long? Major, long? Minor, DeviceAccess Access)
    {
        /// <summary>v1's spelling: "c 1:3 rw".</summary>
        public override string ToString()
        {
            string letters = (Access.HasFlag(DeviceAccess.Read) ? "r" : "") + (Access.HasFlag(DeviceAccess.Write) ? "w" : "")
                + (Access.HasFlag(DeviceAccess.MakeNode) ? "m" : "");
            return string.Create(CultureInfo.InvariantCulture, $"{Type} {Number(Major)}:{Number(Minor)} {letters}");
        }

        private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "*";
    }
}

/// <summary>Ways to use a device, with the bits of the kernel's BPF_DEVCG_ACC_*.</summary>
[Flags]
internal enum DeviceAccess
{
    /// <summary>mknod(2).</summary>
    MakeNode = 1,

    /// <summary>Open for reading.</summary>
    Read = 2,

    /// <summary>Open for writing.</summary>
    Write = 4,
}
