namespace Tare.Seccomp;

/// <summary>What happens to a system call.</summary>
public enum SeccompAction
{
    /// <summary>The calling thread dies.</summary>
    KillThread,

    /// <summary>The process dies with SIGSYS.</summary>
    KillProcess,

    /// <summary>The process gets SIGSYS and may handle it.</summary>
    Trap,

    /// <summary>The call returns an error number.</summary>
    Errno,

    /// <summary>A tracer decides.</summary>
    Trace,

    /// <summary>The call goes through.</summary>
    Allow,

    /// <summary>The call goes through and is logged by the kernel.</summary>
    Log,

    /// <summary>A supervisor behind the filter's listener decides.</summary>
    Notify,
}

/// <summary>How an argument is compared, unsigned, in 64 bits (32 on 32-bit architectures).</summary>
public enum SeccompOperator
{
    /// <summary>argument != value.</summary>
    NotEqual,

    /// <summary>argument &lt; value.</summary>
    LessThan,

    /// <summary>argument &lt;= value.</summary>
    LessOrEqual,

    /// <summary>argument == value.</summary>
    Equal,

    /// <summary>argument &gt;= value.</summary>
    GreaterOrEqual,

    /// <summary>argument &gt; value.</summary>
    GreaterThan,

    /// <summary>(argument &amp; value) == second value.</summary>
    MaskedEqual,
}

/// <summary>Instruction sets whose calls a filter can tell apart.</summary>
public enum SeccompArchitecture
{
    /// <summary>64-bit x86.</summary>
    X64,

    /// <summary>32-bit x86.</summary>
    X86,

    /// <summary>x86-64 with 32-bit pointers.</summary>
    X32,

    /// <summary>64-bit ARM.</summary>
    Aarch64,

    /// <summary>32-bit ARM, EABI.</summary>
    Arm,
}

/// <summary>Flags of seccomp(SECCOMP_SET_MODE_FILTER), with the kernel's bits.</summary>
[Flags]
public enum SeccompFilterFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>All threads get the filter.</summary>
    ThreadSync = 1,

    /// <summary>Refused calls are logged.</summary>
    Log = 2,

    /// <summary>No speculative store bypass mitigation on account of the filter.</summary>
    SpeculationAllowed = 4,

    /// <summary>seccomp(2) returns a listener for <see cref="SeccompAction.Notify"/>.</summary>
    NewListener = 8,

    /// <summary>Once the supervisor has a notification, only fatal signals interrupt the call.</summary>
    WaitKillable = 32,
}

/// <summary>One condition on argument <paramref name="Index"/> (0 to 5).</summary>
public sealed record SeccompArgument(int Index, SeccompOperator Operator, ulong Value, ulong ValueTwo = 0);

/// <summary>
/// Calls by name, and the action when all conditions hold. Where several rules name a call, one without conditions decides alone; otherwise the first
/// that holds. Names that an architecture does not have are passed over.
/// </summary>
public sealed record SeccompRule(IReadOnlyList<string> Names, SeccompAction Action, int? Errno = null, IReadOnlyList<SeccompArgument>? Arguments = null)
{
    /// <summary>
    /// Rules from the OCI form, whose conditions are joined by "and", except that several on one argument are alternatives.
    /// </summary>
    public static IEnumerable<SeccompRule> FromOci(
        IReadOnlyList<string> names, SeccompAction action, int? errno, IReadOnlyList<SeccompArgument> arguments) =>
        arguments.DistinctBy(argument => argument.Index).Count() == arguments.Count
            ? [new SeccompRule(names, action, errno, arguments)]
            : arguments.Select(argument => new SeccompRule(names, action, errno, [argument]));
}

/// <summary>A resolved set of rules, ready for <see cref="FilterCompiler"/>.</summary>
public sealed record SeccompProfile
{
    /// <summary>For calls without a rule that holds.</summary>
    public required SeccompAction DefaultAction { get; init; }

    /// <summary>Error number of the default action (Errno, Trace); EPERM when null.</summary>
    public int? DefaultErrno { get; init; }

    /// <summary>Architectures whose calls are judged by the rules; the native one when empty. Others kill the thread.</summary>
    public IReadOnlyList<SeccompArchitecture> Architectures { get; init; } = [];

    /// <summary>Flags for the kernel.</summary>
    public SeccompFilterFlags Flags { get; init; }

    /// <summary>The rules.</summary>
    public IReadOnlyList<SeccompRule> Rules { get; init; } = [];

    /// <summary>Unix socket to which the listener of a filter with Notify goes; null without.</summary>
    public string? ListenerPath { get; init; }

    /// <summary>Passed to that socket unread.</summary>
    public string? ListenerMetadata { get; init; }
}

/// <summary>A filter for the kernel: struct sock_filter records of 8 bytes, and the flags to load it with. The program must not be changed.</summary>
public sealed record SeccompFilter(byte[] Program, SeccompFilterFlags Flags)
{
    /// <summary>Number of instructions, sock_fprog.len.</summary>
    public int Length => Program.Length / 8;
}
