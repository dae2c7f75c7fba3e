using System.Globalization;
using Tare.Errors;

namespace Tare.Engine.Containers.Users;

/// <summary>The ids that /etc/subuid and /etc/subgid give to a user and a group (subuid(5)), for containers whose ids dockerd's userns-remap decides.</summary>
internal static class SubordinateIds
{
    /// <summary>The user whose ids "default" means, as dockerd has it.</summary>
    internal const string DefaultUser = "dockremap";

    private const string UserFile = "/etc/subuid";
    private const string GroupFile = "/etc/subgid";

    /// <summary>
    /// The range that a value of userns-remap means: "default", "user" or "user:group", by name or number. Null for "default" on a machine that gives its user
    /// none: then every container has ids of its own.
    /// </summary>
    internal static UserRange? Of(string remap) => Of(remap, Lines(UserFile), Lines(GroupFile), Lines("/etc/passwd"), Lines("/etc/group"));

    internal static UserRange? Of(string remap, IEnumerable<string> subuid, IEnumerable<string> subgid, IReadOnlyCollection<string> passwd, IReadOnlyCollection<string> group)
    {
        string[] names = (remap == "default" ? DefaultUser : remap).Split(':');
        if (names.Length > 2 || names.Any(name => name.Length == 0))
            throw TareException.Invalid($"invalid value \"{remap}\" for --userns-remap: default, user or user:group is expected");
        List<UserRange> users = Ranges(subuid, names[0], passwd);
        List<UserRange> groups = Ranges(subgid, names[^1], group);
        if (users.Count == 0 && groups.Count == 0 && remap == "default")
            return null;
        // One number stands for a user and for a group: what both files give.
        UserRange? common = users.SelectMany(user => groups.Select(other => Overlap(user, other))).OfType<UserRange>().MaxBy(range => range.Size);
        return common ?? throw TareException.Invalid(
            $"userns-remap {remap}: {UserFile} for {names[0]} and {GroupFile} for {names[^1]} have no ids in common; add a line such as \"{names[0]}:165536:65536\" to both");
    }

    private static UserRange? Overlap(UserRange one, UserRange other)
    {
        uint first = Math.Max(one.Base, other.Base), end = Math.Min(one.Base + one.Size, other.Base + other.Size);
        return first < end ? new UserRange(first, end - first) : null;
    }

    /// <summary>Lines "name:first:count" of a name or of its number; both stand in the files.</summary>
    private static List<UserRange> Ranges(IEnumerable<string> lines, string name, IReadOnlyCollection<string> database)
    {
        string[]? entry = database.Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > 2 && (fields[0] == name || fields[2] == name));
        string[] owners = entry is null ? [name] : [entry[0], entry[2]];
        List<UserRange> ranges = [];
        foreach (string[] fields in lines.Select(line => line.Trim().Split(':')).Where(fields => fields.Length == 3 && owners.Contains(fields[0])))
        {
            // Root's own ids are never a container's.
            if (uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint first) && first > 0
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint count) && count > 0 && (ulong)first + count <= int.MaxValue)
            {
                ranges.Add(new UserRange(first, count));
            }
        }
        return ranges;
    }

    private static string[] Lines(string path) => File.Exists(path) ? File.ReadAllLines(path) : [];
}
