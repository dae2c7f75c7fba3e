using System.Collections.Frozen;
using Tare.Errors;

namespace Tare.Seccomp;

/// <summary>
/// Compiles a profile to a classic BPF program. Per architecture, call numbers with the same outcome form intervals, and the filter finds the interval by
/// binary search: about eight comparisons for any call. Pure and thread-safe.
/// </summary>
public static class FilterCompiler
{
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const int MaximumLength = 4096; // BPF_MAXINSNS
    private const int Enosys = 38;

    /// <summary>Compiles for a machine of the native architecture; rules for architectures it cannot execute are left out.</summary>
    public static SeccompFilter Compile(SeccompProfile profile, SeccompArchitecture native)
    {
        SeccompArchitecture[] family = native == SeccompArchitecture.X64
            ? [SeccompArchitecture.X64, SeccompArchitecture.X86, SeccompArchitecture.X32]
            : [SeccompArchitecture.Aarch64, SeccompArchitecture.Arm];
        HashSet<SeccompArchitecture> wanted = [native, .. profile.Architectures.Where(family.Contains)];
        var assembler = new FilterAssembler();

        // Written from the end: foreign architectures die, then each section, then the dispatch on the architecture.
        int next = assembler.Return(SeccompReturn.KillThread);
        foreach (SeccompArchitecture architecture in (SeccompArchitecture[])[.. family.Where(wanted.Contains).Where(a => a is not SeccompArchitecture.X32).Reverse()])
        {
            List<Interval> intervals = Intervals(profile, architecture);
            if (architecture == SeccompArchitecture.X64)
            {
                // x32 shares the architecture word and marks its numbers.
                _ = intervals.RemoveAll(interval => interval.Start >= SyscallTable.X32Bit);
                intervals.AddRange(wanted.Contains(SeccompArchitecture.X32)
                    ? Intervals(profile, SeccompArchitecture.X32).Where(interval => interval.Start >= SyscallTable.X32Bit)
                    : [new Interval(SyscallTable.X32Bit, new Outcome(SeccompReturn.KillThread, []))]);
            }
            bool narrow = architecture is SeccompArchitecture.X86 or SeccompArchitecture.Arm;
            int search = Search(assembler, intervals.ToArray(), narrow);
            int load = assembler.Load(NumberOffset, search);
            next = assembler.Branch(FilterAssembler.JumpEqual, AuditNumber(architecture), load, next);
        }
        _ = assembler.Load(ArchitectureOffset, next);
        if (assembler.Length > MaximumLength)
            throw TareException.Invalid($"seccomp profile: {assembler.Length} instructions are more than the kernel's {MaximumLength}, use fewer conditions");
        return new SeccompFilter(assembler.Finish(), Flags(profile));
    }

    private static SeccompFilterFlags Flags(SeccompProfile profile) =>
        profile.Rules.Any(rule => rule.Action == SeccompAction.Notify) ? profile.Flags | SeccompFilterFlags.NewListener : profile.Flags;

    /// <summary>AUDIT_ARCH_* of linux/audit.h.</summary>
    private static uint AuditNumber(SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X64 => 0xC000_003E,
        SeccompArchitecture.X86 => 0x4000_0003,
        SeccompArchitecture.Aarch64 => 0xC000_00B7,
        _ => 0x4000_0028,
    };

    /// <summary>The number line of one architecture, cut where the outcome changes; the first interval starts at 0.</summary>
    private static List<Interval> Intervals(SeccompProfile profile, SeccompArchitecture architecture)
    {
        uint fallback = SeccompReturn.Value(profile.DefaultAction, profile.DefaultErrno);
        Dictionary<uint, Outcome> calls = Outcomes(profile, SyscallTable.For(architecture), fallback);
        List<Interval> intervals = [];
        void Cut(uint start, Outcome outcome)
        {
            if (intervals.Count > 0 && intervals[^1].Start == start)
                intervals.RemoveAt(intervals.Count - 1);
            if (intervals.Count == 0 || !intervals[^1].Outcome.IsSame(outcome))
                intervals.Add(new Interval(start, outcome));
        }
        var otherwise = new Outcome(fallback, []);
        Cut(architecture == SeccompArchitecture.X32 ? SyscallTable.X32Bit : 0, otherwise);
        // Calls newer than everything the profile speaks of answer ENOSYS, so that the C library falls back to what the profile knows.
        bool permissive = profile.DefaultAction is SeccompAction.Allow or SeccompAction.Log or SeccompAction.Trace or SeccompAction.Notify;
        Outcome newer = permissive || calls.Count == 0 ? otherwise : new Outcome(SeccompReturn.Value(SeccompAction.Errno, Enosys), []);
        uint[] numbers = [.. calls.Keys.Order()];
        bool ended = false;
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!ended && numbers[i] >= SyscallTable.ArmPrivate && architecture == SeccompArchitecture.Arm)
            {
                Cut(i == 0 ? 0 : numbers[i - 1] + 1, newer);
                Cut(SyscallTable.ArmPrivate, otherwise);
                ended = true;
            }
            Cut(numbers[i], calls[numbers[i]]);
            Cut(numbers[i] + 1, otherwise);
        }
        if (!ended && numbers.Length > 0)
            Cut(numbers[^1] + 1, newer);
        return intervals;
    }

    /// <summary>What the rules say of each call: the first rule without conditions, or all conditional ones in order.</summary>
    private static Dictionary<uint, Outcome> Outcomes(SeccompProfile profile, FrozenDictionary<string, uint> numbers, uint fallback)
    {
        var calls = new Dictionary<uint, Outcome>();
        foreach (SeccompRule rule in profile.Rules)
        {
            uint value = SeccompReturn.Value(rule.Action, rule.Errno);
            bool conditional = rule.Arguments is { Count: > 0 };
            foreach (string name in rule.Names)
            {
                if (!numbers.TryGetValue(name, out uint number))
                    continue;
                if (!calls.TryGetValue(number, out Outcome? old))
                    calls[number] = conditional ? new Outcome(fallback, [(rule.Arguments!, value)]) : new Outcome(value, []);
                else if (old.Conditions.Count > 0)
                    calls[number] = conditional ? old with { Conditions = [.. old.Conditions, (rule.Arguments!, value)] } : new Outcome(value, []);
            }
        }
        return calls;
    }

    /// <summary>Writes a balanced tree of comparisons; returns the label of its root.</summary>
    private static int Search(FilterAssembler assembler, ReadOnlySpan<Interval> intervals, bool narrow)
    {
        if (intervals.Length == 1)
            return intervals[0].Outcome.Write(assembler, narrow);
        int middle = intervals.Length / 2;
        int right = Search(assembler, intervals[middle..], narrow);
        int left = Search(assembler, intervals[..middle], narrow);
        return assembler.Branch(FilterAssembler.JumpAtLeast, intervals[middle].Start, right, left);
    }

    /// <summary>Numbers from <paramref name="Start"/> to the next interval's start.</summary>
    private sealed record Interval(uint Start, Outcome Outcome);
}
