using Tare.Oci.Runtime;
using Tare.Seccomp;

namespace Tare.Runtime;

/// <summary>linux.seccomp of a configuration as a filter for the kernel.</summary>
public static class SeccompConfiguration
{
    /// <summary>Compiles the filter; unknown actions, operators and flags are refused, unknown call names passed over.</summary>
    public static SeccompFilter Compile(SeccompSpec spec)
    {
        SeccompProfile profile = new()
        {
            DefaultAction = SeccompNames.ParseAction(spec.DefaultAction),
            DefaultErrno = (int?)spec.DefaultErrnoRet,
            Architectures = [.. (spec.Architectures ?? []).Select(SeccompNames.ParseArchitecture).OfType<SeccompArchitecture>()],
            Flags = Flags(spec),
            Rules = [.. (spec.Syscalls ?? []).SelectMany(Rules)],
        };
        return FilterCompiler.Compile(profile, SeccompNames.NativeArchitecture);
    }

    /// <summary>
    /// Without flags, speculation stays as fast as without a filter. Threads need not be synchronized: the execve that follows leaves one.
    /// </summary>
    private static SeccompFilterFlags Flags(SeccompSpec spec)
    {
        if (spec.Flags is null)
            return SeccompFilterFlags.SpeculationAllowed;
        SeccompFilterFlags flags = spec.Flags.Aggregate((SeccompFilterFlags)0, (all, name) => all | SeccompNames.ParseFlag(name));
        return flags & ~SeccompFilterFlags.ThreadSync & ~(HasListener(spec) ? 0 : SeccompFilterFlags.WaitKillable);
    }

    /// <summary>SECCOMP_FILTER_FLAG_… bits of the filter.</summary>
    public static uint FlagsOf(SeccompSpec spec) => (uint)Compile(spec).Flags;

    /// <summary>True when some call is decided by an agent behind the filter's listener.</summary>
    public static bool HasListener(SeccompSpec? spec) => spec?.Syscalls?.Any(s => s.Action == "SCMP_ACT_NOTIFY") == true;

    /// <summary>True when the filter lets a call of this name through, whatever its arguments.</summary>
    public static bool Allows(SeccompSpec spec, string name)
    {
        SeccompSyscall[] rules = [.. (spec.Syscalls ?? []).Where(call => call.Names.Contains(name))];
        return rules.Length == 0 ? IsAllowed(spec.DefaultAction) : rules.All(call => IsAllowed(call.Action) && call.Args is not { Count: > 0 });
    }

    private static bool IsAllowed(string action) => action is "SCMP_ACT_ALLOW" or "SCMP_ACT_LOG";

    private static IEnumerable<SeccompRule> Rules(SeccompSyscall call) =>
        SeccompRule.FromOci([.. call.Names], SeccompNames.ParseAction(call.Action), (int?)call.ErrnoRet,
            [.. (call.Args ?? []).Select(a => new SeccompArgument((int)a.Index, SeccompNames.ParseOperator(a.Op), a.Value, a.ValueTwo))]);
}
