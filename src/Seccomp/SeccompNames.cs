using System.Runtime.InteropServices;
using Tare.Errors;

namespace Tare.Seccomp;

/// <summary>The words of OCI and Docker profiles for actions, operators, architectures and flags.</summary>
public static class SeccompNames
{
    /// <summary>The architecture this process runs on.</summary>
    public static SeccompArchitecture NativeArchitecture => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => SeccompArchitecture.X64,
        Architecture.Arm64 => SeccompArchitecture.Aarch64,
        Architecture other => throw new TareException(ErrorKind.NotSupported, $"seccomp filters for {other}: use x86-64 or arm64"),
    };

    /// <summary>"SCMP_ACT_ERRNO" and the like.</summary>
    public static SeccompAction ParseAction(string text) => text switch
    {
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SeccompAction.KillThread,
        "SCMP_ACT_KILL_PROCESS" => SeccompAction.KillProcess,
        "SCMP_ACT_TRAP" => SeccompAction.Trap,
        "SCMP_ACT_ERRNO" => SeccompAction.Errno,
        "SCMP_ACT_TRACE" => SeccompAction.Trace,
        "SCMP_ACT_ALLOW" => SeccompAction.Allow,
        "SCMP_ACT_LOG" => SeccompAction.Log,
        "SCMP_ACT_NOTIFY" => SeccompAction.Notify,
        _ => throw TareException.Invalid($"seccomp action \"{text}\" is not known"),
    };

    /// <summary>"SCMP_CMP_EQ" and the like.</summary>
    public static SeccompOperator ParseOperator(string text) => text switch
    {
        "SCMP_CMP_NE" => SeccompOperator.NotEqual,
        "SCMP_CMP_LT" => SeccompOperator.LessThan,
        "SCMP_CMP_LE" => SeccompOperator.LessOrEqual,
        "SCMP_CMP_EQ" => SeccompOperator.Equal,
        "SCMP_CMP_GE" => SeccompOperator.GreaterOrEqual,
        "SCMP_CMP_GT" => SeccompOperator.GreaterThan,
        "SCMP_CMP_MASKED_EQ" => SeccompOperator.MaskedEqual,
        _ => throw TareException.Invalid($"seccomp operator \"{text}\" is not known"),
    };

    /// <summary>
    /// "SCMP_ARCH_X86_64" and the like; null for an architecture whose calls can never arrive on this family of machines.
    /// </summary>
    public static SeccompArchitecture? ParseArchitecture(string text) => text switch
    {
        "SCMP_ARCH_X86_64" => SeccompArchitecture.X64,
        "SCMP_ARCH_X86" => SeccompArchitecture.X86,
        "SCMP_ARCH_X32" => SeccompArchitecture.X32,
        "SCMP_ARCH_AARCH64" => SeccompArchitecture.Aarch64,
        "SCMP_ARCH_ARM" => SeccompArchitecture.Arm,
        "SCMP_ARCH_NATIVE" => NativeArchitecture,
        _ when text.StartsWith("SCMP_ARCH_", StringComparison.Ordinal) => null,
        _ => throw TareException.Invalid($"seccomp architecture \"{text}\" is not known"),
    };

    /// <summary>"SECCOMP_FILTER_FLAG_LOG" and the like.</summary>
    public static SeccompFilterFlags ParseFlag(string text) => text switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => SeccompFilterFlags.ThreadSync,
        "SECCOMP_FILTER_FLAG_LOG" => SeccompFilterFlags.Log,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => SeccompFilterFlags.SpeculationAllowed,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => SeccompFilterFlags.WaitKillable,
        _ => throw TareException.Invalid($"seccomp flag \"{text}\" is not known"),
    };

    /// <summary>The name Docker profiles use in "arches".</summary>
    internal static string DockerName(SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X64 => "amd64",
        SeccompArchitecture.X86 => "x86",
        SeccompArchitecture.X32 => "x32",
        SeccompArchitecture.Aarch64 => "arm64",
        _ => "arm",
    };
}
