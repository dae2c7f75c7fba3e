using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Tare.Linux;

namespace Tare.SyscallProgram;

/// <summary>
/// Collects the operations of one program with a reason for each. A builder is used by one thread and finished once with <see cref="Build"/>.
/// </summary>
public sealed class ProgramBuilder
{
    // An ordinary container has 360 operations and 90 strings. A page that is written to for the first time costs as much as ten system calls: nothing is made that
    // is not needed, and what grows is not copied.
    private const int Expected = 400;
    private readonly List<Step> _steps = new(Expected);
    private readonly List<uint> _relocations = [];
    private readonly Dictionary<string, Argument> _strings = new(128, StringComparer.Ordinal);
    private byte[] _operations = new byte[ProgramHeader.Size + (Expected * Operation.Size)];
    private byte[] _pool = new byte[12288];
    private int _poolUsed = 8; // offset 0 stays unused so that no address equals the pool's start
    private ushort _slots = 1;

    /// <summary>How many operations there are so far; the index of the next one.</summary>
    public int Count => _steps.Count;

    /// <summary>A new place for a result.</summary>
    public Slot NewSlot() => new(_slots++);

    /// <summary>
    /// Appends a system call. <paramref name="name"/> is what a person knows the call by, <paramref name="reason"/> why the container needs it.
    /// </summary>
    public OperationHandle Call(int number, string name, string reason, params ReadOnlySpan<Argument> arguments) =>
        Append((short)number, name, reason, arguments);

    /// <summary>Writes a slot's content into the pool: Width is 4 or 8 bytes.</summary>
    public void Store(Argument address, Argument value, int width, string reason) =>
        Append(Pseudo.Store, "store", reason, [address, value, width]);

    /// <summary>Ends the program with <paramref name="errno"/> unless the masked content at the address equals the value.</summary>
    public OperationHandle Expect(Argument address, long value, int width, long mask, Errno errno, string reason) =>
        Append(Pseudo.Expect, "expect", reason, [address, value, width, mask, (int)errno]);

    /// <summary>The 4-byte number at a pool address as a result.</summary>
    public Slot Load(Argument address, string reason) => Append(Pseudo.Load, "load", reason, [address]).Into();

    /// <summary>Failures are told over another descriptor from here on.</summary>
    public void MoveStatus(Argument descriptor, string reason) => Append(Pseudo.Status, "status", reason, [descriptor]);

    /// <summary>The signal ends the process until its execve, with the exit code 128 and its number.</summary>
    public void EndOn(int signal, string reason) => Append(Pseudo.EndOn, "end on signal", reason, [signal]);

    /// <summary>Leaves out the next <paramref name="count"/> operations.</summary>
    public void Skip(int count, string reason) => Append(Pseudo.Skip, "skip", reason, [count]);

    /// <summary>Leaves out the next <paramref name="count"/> operations when a slot holds the value.</summary>
    public void SkipIfEqual(Slot slot, long value, int count, string reason) => Append(Pseudo.SkipIfEqual, "skip if equal", reason, [slot, value, count]);

    /// <summary>Splits off the child that goes on; the parent stays as the container's init.</summary>
    public void Supervise(string reason) => Append(Pseudo.Supervise, "supervise", reason, []);

    /// <summary>Ends the program with the most telling error among the slots from <paramref name="first"/>: EACCES, else another than ENOENT and ENOTDIR, else ENOENT.</summary>
    public void FailFromSlots(Slot first, int count, string reason) =>
        Append(Pseudo.FailFromSlots, "fail", reason, [(int)first.Number, count]);

    /// <summary>A NUL-terminated string in the pool; equal strings share one place.</summary>
    public Argument String(string text)
    {
        if (_strings.TryGetValue(text, out Argument known))
            return known;
        if (text.Contains('\0'))
            throw new ArgumentException("a string for the kernel contains a NUL byte", nameof(text));
        int length = Encoding.UTF8.GetByteCount(text);
        int offset = Reserve(length + 1, 1);
        _ = Encoding.UTF8.GetBytes(text, _pool.AsSpan(offset, length));
        return _strings[text] = new Argument(ArgumentKind.Pool, offset);
    }

    /// <summary>Bytes in the pool, aligned to 8.</summary>
    public Argument Bytes(ReadOnlySpan<byte> data)
    {
        int offset = Reserve(data.Length, 8);
        data.CopyTo(_pool.AsSpan(offset));
        return new Argument(ArgumentKind.Pool, offset);
    }

    /// <summary>A structure of 8-byte values in the pool; values that are pool addresses are relocated.</summary>
    public Argument Words(params ReadOnlySpan<Argument> values)
    {
        int offset = Reserve(values.Length * 8, 8);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i].Kind == ArgumentKind.Slot)
                throw new ArgumentException("a slot's content is not known yet; use Store", nameof(values));
            if (values[i].Kind == ArgumentKind.Pool)
                _relocations.Add((uint)(offset + (i * 8)));
            BinaryPrimitives.WriteInt64LittleEndian(_pool.AsSpan(offset + (i * 8)), values[i].Value);
        }
        return new Argument(ArgumentKind.Pool, offset);
    }

    /// <summary>A NULL-terminated array of string pointers, as execve wants argv and envp.</summary>
    public Argument StringArray(IReadOnlyList<string> strings)
    {
        var values = new Argument[strings.Count + 1];
        for (int i = 0; i < strings.Count; i++)
            values[i] = String(strings[i]);
        values[^1] = 0;
        return Words(values);
    }

    /// <summary>Finishes the program.</summary>
    public CompiledProgram Build()
    {
        int slots = ProgramHeader.Size + (Count * Operation.Size);
        int relocations = slots + (_slots * 8);
        int pool = (relocations + (_relocations.Count * 4) + 15) & ~15;
        ProgramHeader header = new()
        {
            Magic = ProgramHeader.ExpectedMagic,
            OperationCount = (uint)Count,
            SlotsOffset = (uint)slots,
            SlotCount = _slots,
            RelocationsOffset = (uint)relocations,
            RelocationCount = (uint)_relocations.Count,
            PoolOffset = (uint)pool,
            PoolSize = (uint)_poolUsed,
        };
        MemoryMarshal.Write(_operations, in header);
        byte[] between = new byte[pool - slots];
        MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_relocations)).CopyTo(between.AsSpan(relocations - slots));
        return new CompiledProgram(_operations.AsMemory(0, slots), between, _pool.AsMemory(0, _poolUsed), _steps);
    }

    private OperationHandle Append(short number, string name, string reason, ReadOnlySpan<Argument> arguments)
    {
        int index = Count;
        if (_operations.Length < ProgramHeader.Size + ((index + 1) * Operation.Size))
            Array.Resize(ref _operations, _operations.Length * 2);
        ref Operation operation = ref At(index);
        operation.Number = number;
        Span<long> values = stackalloc long[6];
        for (int i = 0; i < arguments.Length; i++)
        {
            operation.Kinds |= arguments[i].Kind << (i * 4);
            values[i] = arguments[i].Value;
        }
        (operation.A0, operation.A1, operation.A2) = (values[0], values[1], values[2]);
        (operation.A3, operation.A4, operation.A5) = (values[3], values[4], values[5]);
        _steps.Add(new Step(name, reason, arguments.Length));
        return new OperationHandle(index, this);
    }

    /// <summary>The operation behind a handle, to be changed.</summary>
    internal ref Operation At(int index) => ref MemoryMarshal.AsRef<Operation>(_operations.AsSpan(ProgramHeader.Size + (index * Operation.Size), Operation.Size));

    private int Reserve(int size, int alignment)
    {
        int offset = (_poolUsed + alignment - 1) & ~(alignment - 1);
        while (offset + size > _pool.Length)
            Array.Resize(ref _pool, _pool.Length * 2);
        _poolUsed = offset + size;
        return offset;
    }
}
