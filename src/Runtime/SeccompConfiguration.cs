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
            Flags = (spec.Flags ?? []).Aggregate((SeccompFilterFlags)0, (flags, name) => flags | SeccompNames.ParseFlag(name)),
            Rules = [.. (spec.Syscalls ?? []).SelectMany(Rules)],
        };
        return FilterCompiler.Compile(profile, SeccompNames.NativeArchitecture);
    }

    private static IEnumerable<SeccompRule> Rules(SeccompSyscall call) =>
        SeccompRule.FromOci([.. call.Names], SeccompNames.ParseAction(call.Action), (int?)call.ErrnoRet,
            [.. (call.Args ?? []).Select(a => new SeccompArgument((int)a.Index, SeccompNames.ParseOperator(a.Op), a.Value, a.ValueTwo))]);
}
