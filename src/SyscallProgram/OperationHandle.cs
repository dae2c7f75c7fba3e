using Tare.Linux;

namespace Tare.SyscallProgram;

/// <summary>Refines an operation just appended: where its result goes, which errors it may have, what is left out then.</summary>
public readonly struct OperationHandle
{
    private readonly int _index;
    private readonly ProgramBuilder _builder;

    internal OperationHandle(int index, ProgramBuilder builder) => (_index, _builder) = (index, builder);

    /// <summary>Keeps the result in a new slot.</summary>
    public Slot Into() => Into(_builder.NewSlot());

    /// <summary>Keeps the result in a slot that another operation may fill too.</summary>
    public Slot Into(Slot slot)
    {
        _builder.At(_index).Slot = slot.Number;
        return slot;
    }

    /// <summary>These errors (at most three) do not end the program; the next <paramref name="skip"/> operations are left out then.</summary>
    public OperationHandle Tolerate(int skip, params ReadOnlySpan<Errno> errors)
    {
        ref Operation operation = ref _builder.At(_index);
        operation.SkipOnError = checked((byte)skip);
        operation.Tolerate0 = (ushort)errors[0];
        operation.Tolerate1 = errors.Length > 1 ? (ushort)errors[1] : (ushort)0;
        operation.Tolerate2 = errors.Length > 2 ? (ushort)errors[2] : (ushort)0;
        return this;
    }

    /// <summary>No error ends the program here.</summary>
    public OperationHandle TolerateAll(int skip = 0)
    {
        ref Operation operation = ref _builder.At(_index);
        operation.SkipOnError = checked((byte)skip);
        operation.Tolerate0 = 0xFFFF;
        return this;
    }

    /// <summary>After success the next <paramref name="skip"/> operations are left out.</summary>
    public OperationHandle OnSuccessSkip(int skip)
    {
        _builder.At(_index).SkipOnSuccess = checked((byte)skip);
        return this;
    }
}
