using System.Collections.Concurrent;

namespace Tare.Seccomp;

/// <summary>
/// The profile of containers that ask for no other: everything not listed fails with EPERM. Capabilities widen it, because a call that the kernel
/// guards with a capability is no new power for one who holds it. Compiled filters are kept per set of capabilities that matter. Thread-safe.
/// </summary>
public static partial class DefaultProfile
{
    private const int Eperm = 1;
    private const int Enosys = 38;

    // CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET, the flags of clone(2) that make namespaces.
    private const ulong NamespaceFlags = 0x7E02_0000;

    /// <summary>Calls that come with a capability.</summary>
    private static readonly (string Capability, string Calls)[] ByCapability =
    [
        ("CAP_BPF", "bpf"),
        ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
        ("CAP_PERFMON", "perf_event_open"),
        ("CAP_SYSLOG", "syslog"),
        ("CAP_SYS_ADMIN", """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount
            mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """),
        ("CAP_SYS_BOOT", "reboot"),
        ("CAP_SYS_CHROOT", "chroot"),
        ("CAP_SYS_MODULE", "delete_module finit_module init_module"),
        ("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        ("CAP_SYS_PACCT", "acct"),
        ("CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"),
        ("CAP_SYS_RAWIO", "ioperm iopl"),
        ("CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"),
        ("CAP_SYS_TTY_CONFIG", "vhangup"),
    ];

    /// <summary>
    /// Address families that socket(2) may open, as inclusive ranges. Left out: DECnet (12), Econet (19), ATM (20), IrDA (23), LLC's neighbours (25),
    /// ISDN (34), CAIF (37), kernel crypto (38, a history of escapes) and vsock (40, reaches the hypervisor).
    /// </summary>
    private static readonly (ulong First, ulong Last)[] SocketFamilies = [(0, 11), (13, 18), (21, 22), (24, 24), (26, 33), (35, 36), (39, 39), (41, 45)];

    /// <summary>Linux, 32-bit Linux, each also with UNAME26, and "tell me" for personality(2).</summary>
    private static readonly ulong[] Personalities = [0, 8, 0x20000, 0x20008, 0xffff_ffff];

    private static readonly ConcurrentDictionary<(string Capabilities, SeccompArchitecture), SeccompFilter> Compiled = new();

    /// <summary>The rules for a container with these capabilities ("CAP_NET_RAW").</summary>
    public static SeccompProfile For(IReadOnlySet<string> capabilities, SeccompArchitecture native)
    {
        List<SeccompRule> rules = [Allow(string.Join(' ',
            Identity, ExtendedAttributes, Signals, Time, Scheduling, Locks, Ipc, Memory, Sockets, Events, Processes, Streams, Files))];
        rules.Add(Allow(native == SeccompArchitecture.X64
            ? "arch_prctl modify_ldt"
            : "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"));
        foreach ((ulong first, ulong last) in SocketFamilies)
        {
            rules.Add(new SeccompRule(["socket"], SeccompAction.Allow, null,
                first == last
                    ? [new SeccompArgument(0, SeccompOperator.Equal, first)]
                    : [new SeccompArgument(0, SeccompOperator.GreaterOrEqual, first), new SeccompArgument(0, SeccompOperator.LessOrEqual, last)]));
        }
        foreach (ulong personality in Personalities)
            rules.Add(new SeccompRule(["personality"], SeccompAction.Allow, null, [new SeccompArgument(0, SeccompOperator.Equal, personality)]));
        if (!capabilities.Contains("CAP_SYS_ADMIN"))
        {
            rules.Add(new SeccompRule(["clone"], SeccompAction.Allow, null, [new SeccompArgument(0, SeccompOperator.MaskedEqual, NamespaceFlags)]));
            // clone3's flags are behind a pointer that a filter cannot follow; ENOSYS makes the C library use clone.
            rules.Add(new SeccompRule(["clone3"], SeccompAction.Errno, Enosys));
        }
        rules.AddRange(ByCapability.Where(pair => capabilities.Contains(pair.Capability)).Select(pair => Allow(pair.Calls)));
        return new SeccompProfile
        {
            DefaultAction = SeccompAction.Errno,
            DefaultErrno = Eperm,
            Flags = SeccompFilterFlags.SpeculationAllowed,
            Architectures = native == SeccompArchitecture.X64
                ? [SeccompArchitecture.X64, SeccompArchitecture.X86, SeccompArchitecture.X32]
                : [SeccompArchitecture.Aarch64, SeccompArchitecture.Arm],
            Rules = rules,
        };
    }

    /// <summary>The compiled filter for a container with these capabilities; made once per set.</summary>
    public static SeccompFilter FilterFor(IReadOnlySet<string> capabilities, SeccompArchitecture native)
    {
        string relevant = string.Join(',', ByCapability.Select(pair => pair.Capability).Where(capabilities.Contains));
        return Compiled.GetOrAdd((relevant, native), key => FilterCompiler.Compile(For(capabilities, key.Item2), key.Item2));
    }

    private static SeccompRule Allow(string calls) =>
        new(calls.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), SeccompAction.Allow);
}
