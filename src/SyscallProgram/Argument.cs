namespace Tare.SyscallProgram;

/// <summary>One argument while a program is being built: a constant, a place in the pool, or an earlier result. Immutable.</summary>
public readonly record struct Argument(uint Kind, long Value)
{
    /// <summary>A constant.</summary>
    public static implicit operator Argument(long value) => new(ArgumentKind.Constant, value);

    /// <inheritdoc cref="op_Implicit(long)"/>
    public static implicit operator Argument(int value) => new(ArgumentKind.Constant, value);

    /// <inheritdoc cref="op_Implicit(long)"/>
    public static implicit operator Argument(uint value) => new(ArgumentKind.Constant, value);

    /// <inheritdoc cref="op_Implicit(long)"/>
    public static implicit operator Argument(ulong value) => new(ArgumentKind.Constant, unchecked((long)value));

    /// <summary>The result of an earlier operation.</summary>
    public static implicit operator Argument(Slot slot) => new(ArgumentKind.Slot, slot.Number);
}

/// <summary>Names a result: the place where an operation leaves it and later ones read it.</summary>
public readonly record struct Slot(ushort Number);
