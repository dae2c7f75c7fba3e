namespace Tare.Seccomp;

/// <summary>What a filter does with a call: a fixed value, after conditions that may give another.</summary>
internal sealed record Outcome(uint Value, IReadOnlyList<(IReadOnlyList<SeccompArgument> All, uint Value)> Conditions)
{
    private const uint ArgumentsOffset = 16;

    /// <summary>Whether two neighbours can share an interval; conditions are never compared.</summary>
    internal bool IsSame(Outcome other) => Value == other.Value && Conditions.Count == 0 && other.Conditions.Count == 0;

    /// <summary>Writes the tests, last first; returns where they start.</summary>
    internal int Write(FilterAssembler assembler, bool narrow)
    {
        int next = assembler.Return(Value);
        for (int i = Conditions.Count - 1; i >= 0; i--)
        {
            int success = assembler.Return(Conditions[i].Value);
            foreach (SeccompArgument argument in Conditions[i].All.Reverse())
                success = Test(assembler, argument, success, next, narrow);
            next = success;
        }
        return next;
    }

    private static int Test(FilterAssembler assembler, SeccompArgument argument, int whenTrue, int whenFalse, bool narrow)
    {
        (ushort comparison, bool negated) = argument.Operator switch
        {
            SeccompOperator.NotEqual => (FilterAssembler.JumpEqual, true),
            SeccompOperator.LessThan => (FilterAssembler.JumpAtLeast, true),
            SeccompOperator.LessOrEqual => (FilterAssembler.JumpGreater, true),
            SeccompOperator.GreaterOrEqual => (FilterAssembler.JumpAtLeast, false),
            SeccompOperator.GreaterThan => (FilterAssembler.JumpGreater, false),
            _ => (FilterAssembler.JumpEqual, false),
        };
        if (negated)
            (whenTrue, whenFalse) = (whenFalse, whenTrue);
        bool masked = argument.Operator == SeccompOperator.MaskedEqual;
        ulong mask = masked ? argument.Value : ulong.MaxValue;
        ulong value = masked ? argument.ValueTwo : argument.Value;
        uint offset = ArgumentsOffset + ((uint)argument.Index * 8);

        int low = Word(assembler, offset, (uint)mask, comparison, (uint)value, whenTrue, whenFalse);
        // The high half of a 32-bit call's argument is always 0, and a mask or value may have been written sign-extended.
        if (narrow || (masked && mask >> 32 == 0 && value >> 32 == 0))
            return low;
        uint highMask = (uint)(mask >> 32), highValue = (uint)(value >> 32);
        if (comparison == FilterAssembler.JumpEqual)
            return Word(assembler, offset + 4, highMask, FilterAssembler.JumpEqual, highValue, low, whenFalse);
        // Greater in the high word decides; equal leaves it to the low word; less fails.
        int equal = assembler.Branch(FilterAssembler.JumpEqual, highValue, low, whenFalse);
        int greater = assembler.Branch(FilterAssembler.JumpGreater, highValue, whenTrue, equal);
        return assembler.Load(offset + 4, greater);
    }

    private static int Word(FilterAssembler assembler, uint offset, uint mask, ushort comparison, uint value, int whenTrue, int whenFalse)
    {
        int branch = assembler.Branch(comparison, value, whenTrue, whenFalse);
        if (mask != uint.MaxValue)
            branch = assembler.Mask(mask, branch);
        return assembler.Load(offset, branch);
    }
}
