using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Users;

/// <summary>Who a process in a container is: numbers, supplementary groups with the primary one among them, and home directory.</summary>
internal sealed record ContainerUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string Home)
{
    /// <summary>Resolves "", "name", "uid", "name:group", "uid:gid" against a root file system, as --user and USER mean it.</summary>
    internal static ContainerUser Resolve(FileDescriptor root, string user, IReadOnlyList<string> groupAdd) =>
        Resolve(() => UserDatabase.Read(root), user, groupAdd);

    /// <summary>As above, with the files given.</summary>
    internal static ContainerUser Resolve(Func<UserDatabase> read, string user, IReadOnlyList<string> groupAdd)
    {
        UserDatabase database = read();
        string[] parts = user.Split(':', 2);
        string name = parts[0];
        string? group = parts.Length > 1 && parts[1].Length > 0 ? parts[1] : null;
        PasswdEntry? entry = FindUser(database, name, out uint uid);
        uint gid = group is null ? entry?.Gid ?? 0 : FindGroup(database, group);
        SortedSet<uint> groups = [gid];
        // With a group given by hand, the user's other groups do not count.
        if (group is null && entry is not null)
            groups.UnionWith(database.Groups.Where(g => g.Members.Contains(entry.Name)).Select(g => g.Gid));
        foreach (string added in groupAdd)
            _ = groups.Add(FindGroup(database, added));
        string home = entry is { Home.Length: > 0 } ? entry.Home : "/";
        return new ContainerUser(uid, gid, [.. groups], home);
    }

    private static PasswdEntry? FindUser(UserDatabase database, string name, out uint uid)
    {
        PasswdEntry? entry = name.Length == 0 ? database.Users.FirstOrDefault(u => u.Uid == 0) : database.Users.FirstOrDefault(u => u.Name == name);
        uid = entry?.Uid ?? 0;
        if (entry is not null || name.Length == 0)
            return entry;
        if (UserDatabase.TryId(name, out uid))
        {
            uint wanted = uid;
            return database.Users.FirstOrDefault(u => u.Uid == wanted);
        }
        if (name.All(char.IsAsciiDigit) || (name[0] == '-' && name[1..].All(char.IsAsciiDigit)))
            throw TareException.Invalid("uids and gids must be in range 0-2147483647");
        throw TareException.Invalid($"unable to find user {name}: no matching entries in passwd file");
    }

    private static uint FindGroup(UserDatabase database, string name)
    {
        if (database.Groups.FirstOrDefault(g => g.Name == name) is { } entry)
            return entry.Gid;
        if (UserDatabase.TryId(name, out uint gid))
            return gid;
        if (name.Length > 0 && name.All(char.IsAsciiDigit))
            throw TareException.Invalid("uids and gids must be in range 0-2147483647");
        throw TareException.Invalid($"Unable to find group {name}: no matching entries in group file");
    }
}
