using System.Runtime.InteropServices;

namespace Tare.SyscallProgram;

/// <summary>
/// One step of a syscall program: 64 bytes, read by tare-init exactly as laid out here. This file is compiled into tare-init too, so it stays
/// within the freestanding subset: plain fields, no strings, no allocation.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct Operation
{
    public const int Size = 64;

    /// <summary>A system call number, or a negative <see cref="Pseudo"/> operation.</summary>
    public short Number;

    /// <summary>Where the result goes; later arguments of kind <see cref="ArgumentKind.Slot"/> read it. Slot 0 is never read.</summary>
    public ushort Slot;

    /// <summary>How many operations to leave out after a tolerated error.</summary>
    public byte SkipOnError;

    /// <summary>How many operations to leave out after success.</summary>
    public byte SkipOnSuccess;

    /// <summary>Error numbers that do not end the program; 0 is none. 0xFFFF tolerates every error.</summary>
    public ushort Tolerate0;

    /// <inheritdoc cref="Tolerate0"/>
    public ushort Tolerate1;

    /// <inheritdoc cref="Tolerate0"/>
    public ushort Tolerate2;

    /// <summary>Four bits of <see cref="ArgumentKind"/> for each of the six arguments, the first in the lowest bits.</summary>
    public uint Kinds;

    public long A0;
    public long A1;
    public long A2;
    public long A3;
    public long A4;
    public long A5;
}

/// <summary>How an argument of an <see cref="Operation"/> is read.</summary>
public static class ArgumentKind
{
    /// <summary>The value itself.</summary>
    public const uint Constant = 0;

    /// <summary>An address: the pool's start plus the value.</summary>
    public const uint Pool = 1;

    /// <summary>The content of the slot with that number.</summary>
    public const uint Slot = 2;
}

/// <summary>Operations of the interpreter itself, told from system calls by their negative numbers.</summary>
public static class Pseudo
{
    /// <summary>Store(address, value, width 4 or 8): writes a slot's content into a structure in the pool.</summary>
    public const short Store = -1;

    /// <summary>Expect(address, value, width 2, 4 or 8, mask, errno): fails with errno unless the masked content equals the value.</summary>
    public const short Expect = -2;

    /// <summary>Skip(count): leaves out the next operations.</summary>
    public const short Skip = -3;

    /// <summary>Supervise(): forks; the child goes on, this process forwards signals, reaps, and exits as the child does.</summary>
    public const short Supervise = -4;

    /// <summary>Fail(first slot, count): ends with EACCES if one of the slots holds -EACCES, else with another than ENOENT and ENOTDIR, else with ENOENT.</summary>
    public const short FailFromSlots = -5;

    /// <summary>SkipIfEqual(slot, value, count): leaves out the next operations when the slot holds the value.</summary>
    public const short SkipIfEqual = -6;

    /// <summary>Load(address): the 4-byte number at the address becomes the result, which later arguments read.</summary>
    public const short Load = -7;

    /// <summary>Status(descriptor): failures are told there from now on, as <see cref="InitDescriptors.Status"/> is handed on to the command.</summary>
    public const short Status = -8;

    /// <summary>EndOn(signal): the signal ends this process until its execve, as process 1 too, for which a default action is none.</summary>
    public const short EndOn = -9;
}

/// <summary>The first 64 bytes of a program's memory file.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct ProgramHeader
{
    public const int Size = 64;
    public const ulong ExpectedMagic = 0x3147_4f52_5045_5241; // "AREPROG1"

    public ulong Magic;

    /// <summary>Number of operations, which follow this header.</summary>
    public uint OperationCount;

    /// <summary>Offset of the slots, 8 bytes each, zero at first.</summary>
    public uint SlotsOffset;

    public uint SlotCount;

    /// <summary>Offset of the relocations: 4-byte pool offsets of 8-byte values to which the pool's address is added before the program runs.</summary>
    public uint RelocationsOffset;

    public uint RelocationCount;

    /// <summary>Offset of the pool: strings and structures.</summary>
    public uint PoolOffset;

    public uint PoolSize;
}

/// <summary>
/// What a program says over its status socket: the first byte of a message of 1 or 5 bytes. A message of 8 bytes is a failure, {operation, errno};
/// end of file is a successful execve.
/// </summary>
public static class StatusMessage
{
    /// <summary>With one descriptor: the master side of the terminal.</summary>
    public const byte Terminal = (byte)'T';

    /// <summary>Everything is prepared; the process waits at its gate.</summary>
    public const byte Ready = (byte)'R';

    /// <summary>With a pid: the program goes on in that process, a child of the same parent, and this one ends; answered.</summary>
    public const byte Moved = (byte)'F';

    /// <summary>The ids of the new user namespace have to be mapped; answered.</summary>
    public const byte MapUsers = (byte)'U';

    /// <summary>Namespaces and mounts are there, the root has not changed yet: the moment of the hooks; answered.</summary>
    public const byte Hooks = (byte)'H';

    /// <summary>With a descriptor's number: the listener of the seccomp filter, to be fetched; answered.</summary>
    public const byte Listener = (byte)'N';

    /// <summary>The network namespace is there and its devices are wanted; answered.</summary>
    public const byte Devices = (byte)'D';

    /// <summary>With the place of a mount in the configuration: its source is wanted, which mounts made before it lead to; answered with a descriptor.</summary>
    public const byte Source = (byte)'S';

    /// <summary>The answer: one byte that lets the program go on. End of file instead ends it.</summary>
    public const byte Continue = 1;
}

/// <summary>The descriptors that tare-init finds open, fixed for every program.</summary>
public static class InitDescriptors
{
    public const int Program = 3;

    /// <summary>A sequenced-packet socket: a failure as {operation index, errno}, a terminal as one byte with SCM_RIGHTS, end of file when exec succeeded.</summary>
    public const int Status = 4;

    /// <summary>The first of the descriptors that the spawner passed along, in their order.</summary>
    public const int FirstPassed = 5;
}
