namespace Tare.Runtime;

/// <summary>
/// Which kernel settings a container may have: those that belong to one of its own namespaces. Anything else would be the host's. A name becomes a path
/// below /proc/sys and nothing more: "+" and other characters cannot smuggle in a second setting (CVE-2022-0811).
/// </summary>
internal static class SysctlNames
{
    private static readonly HashSet<string> Ipc =
    [
        "kernel.auto_msgmni", "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
        "kernel.msg_next_id", "kernel.sem_next_id", "kernel.shm_next_id",
    ];

    /// <summary>The path below /proc/sys. Dots and slashes both separate; the first one met decides, and the other is then part of a name.</summary>
    public static string PathOf(string key, Func<string, bool> hasOwn)
    {
        int separator = key.AsSpan().IndexOfAny('.', '/');
        string[] parts = separator < 0 ? [key] : key.Split(key[separator]);
        char other = separator >= 0 && key[separator] == '.' ? '/' : '.';
        string[] names = [.. parts.Select(p => other == '/' ? p.Replace('/', '.') : p)];
        if (names.Length < 2 || names.Any(n => n is "" or "." or "..") || key.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '/' or '_' or '-' or '@' or ':')))
            throw Refuse.Invalid($"sysctl \"{key}\" is not a name such as net.ipv4.ip_forward");
        Check(key, string.Join('.', names), names, hasOwn);
        return string.Join('/', names);
    }

    private static void Check(string key, string dotted, string[] names, Func<string, bool> hasOwn)
    {
        if (Ipc.Contains(dotted) || dotted.StartsWith("fs.mqueue.", StringComparison.Ordinal))
            Need("ipc");
        else if (names[0] == "net")
            Need("network");
        else if (dotted == "kernel.domainname")
            Need("uts");
        else if (dotted == "kernel.hostname")
            throw Refuse.Invalid("sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field");
        else if (names[0] == "user" && hasOwn("user"))
            return;
        else
            throw Refuse.Invalid($"sysctl \"{key}\" is not in a separate kernel namespace");

        void Need(string type)
        {
            if (!hasOwn(type))
                throw Refuse.Invalid($"sysctl \"{key}\" is not allowed in the hosts {type} namespace");
        }
    }
}
