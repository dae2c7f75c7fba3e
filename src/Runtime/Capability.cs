namespace Tare.Runtime;

/// <summary>Capability names and numbers (linux/capability.h); sets are bit masks.</summary>
public static class Capability
{
    private static readonly string[] Ordered =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
        "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    ];

    private static readonly string[] DockerDefaults =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    /// <summary>Every capability this version knows, in the order of their numbers.</summary>
    public static IReadOnlyList<string> All => Ordered;

    /// <summary>The 14 that Docker gives by default.</summary>
    public static IReadOnlyList<string> Defaults => DockerDefaults;

    /// <summary>The number of a name with or without CAP_, in any case; -1 when unknown.</summary>
    public static int Number(string name)
    {
        string upper = name.ToUpperInvariant();
        return Array.IndexOf(Ordered, upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper);
    }

    /// <summary>The mask of a set of names; unknown names are refused.</summary>
    public static ulong Mask(IEnumerable<string>? names)
    {
        ulong mask = 0;
        foreach (string name in names ?? [])
        {
            int number = Number(name);
            if (number < 0)
                throw Refuse.Invalid($"capability \"{name}\" is unknown");
            mask |= 1ul << number;
        }
        return mask;
    }

    /// <summary>What this process could give: its bounding set, read from /proc/self/status.</summary>
    public static ulong BoundingSet()
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
            if (line.StartsWith("CapBnd:", StringComparison.Ordinal))
                return Convert.ToUInt64(line[7..].Trim(), 16);
        return 0;
    }
}
