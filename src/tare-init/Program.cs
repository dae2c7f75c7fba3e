using System.Runtime.InteropServices;
using Tare.SyscallProgram;

namespace Tare.Hosts;

/// <summary>
/// The second stage of every container: maps the program from descriptor 3, runs its operations in order, and is gone with the last one, an execve.
/// Written in the freestanding subset of C#: no allocation, no exceptions, no strings, plain imports.
/// </summary>
internal static unsafe class Program
{
    private const int EINTR = 4;
    private const int ENOENT = 2;
    private const int ENOTDIR = 20;
    private const int EACCES = 13;
    private const int EINVAL = 22;
    private const nint MAP_FAILED = -1;

    [DllImport("libc")]
    private static extern nint syscall(nint number, nint a0, nint a1, nint a2, nint a3, nint a4, nint a5);

    [DllImport("libc")]
    private static extern int* __errno_location();

    private static int Main()
    {
        nint size = Call(SystemCall.Lseek, InitDescriptors.Program, 0, 2 /* SEEK_END */);
        if (size < sizeof(ProgramHeader))
            return 125;
        nint image = Call(SystemCall.Mmap, 0, size, 3 /* read and write */, 2 /* private */, InitDescriptors.Program, 0);
        if (image is <= 0 and > -4096)
            return 125;
        ProgramHeader* header = (ProgramHeader*)image;
        if (header->Magic != ProgramHeader.ExpectedMagic)
            return 125;
        Relocate(header);
        return Run(header);
    }

    /// <summary>The six arguments of a call, side by side.</summary>
    private struct Arguments
    {
        public nint A0, A1, A2, A3, A4, A5;
    }

    /// <summary>Turns pool offsets inside structures into addresses.</summary>
    private static void Relocate(ProgramHeader* header)
    {
        byte* start = (byte*)header;
        byte* pool = start + header->PoolOffset;
        uint* relocations = (uint*)(start + header->RelocationsOffset);
        for (uint i = 0; i < header->RelocationCount; i++)
            *(nint*)(pool + relocations[i]) += (nint)pool;
    }

    /// <summary>The interpreter. Returns only when an operation failed.</summary>
    private static int Run(ProgramHeader* header)
    {
        byte* start = (byte*)header;
        Operation* operations = (Operation*)(start + sizeof(ProgramHeader));
        nint* slots = (nint*)(start + header->SlotsOffset);
        byte* pool = start + header->PoolOffset;
        nint status = InitDescriptors.Status;
        Arguments a;
        for (uint i = 0; i < header->OperationCount; i++)
        {
            Operation* operation = operations + i;
            uint kinds = operation->Kinds;
            a.A0 = Resolve(kinds, operation->A0, slots, pool);
            a.A1 = Resolve(kinds >> 4, operation->A1, slots, pool);
            a.A2 = Resolve(kinds >> 8, operation->A2, slots, pool);
            a.A3 = Resolve(kinds >> 12, operation->A3, slots, pool);
            a.A4 = Resolve(kinds >> 16, operation->A4, slots, pool);
            a.A5 = Resolve(kinds >> 20, operation->A5, slots, pool);
            nint result = operation->Number >= 0
                ? Call(operation->Number, a.A0, a.A1, a.A2, a.A3, a.A4, a.A5)
                : RunPseudo(operation->Number, &a, slots, &status);
            slots[operation->Slot] = result;
            if (result is >= 0 or < -4095)
            {
                i += operation->SkipOnSuccess;
                if (operation->Number is Pseudo.Skip or Pseudo.SkipIfEqual)
                    i += (uint)result;
                continue;
            }
            if (!Tolerates(operation, (ushort)-result))
                return Report(status, (int)i, (int)-result);
            i += operation->SkipOnError;
        }
        return Report(status, (int)header->OperationCount, EINVAL);
    }

    private static nint Resolve(uint kind, long value, nint* slots, byte* pool) => (kind & 15) switch
    {
        ArgumentKind.Pool => (nint)pool + (nint)value,
        ArgumentKind.Slot => slots[value],
        _ => (nint)value,
    };

    private static bool Tolerates(Operation* operation, ushort errno) =>
        operation->Tolerate0 == 0xFFFF || operation->Tolerate0 == errno || operation->Tolerate1 == errno || operation->Tolerate2 == errno;

    /// <summary>The interpreter's own operations; 0 or positive is success, negative an error number.</summary>
    private static nint RunPseudo(short number, Arguments* a, nint* slots, nint* status)
    {
        switch (number)
        {
            case Pseudo.Store:
                if (a->A2 == 8)
                    *(nint*)a->A0 = a->A1;
                else
                    *(int*)a->A0 = (int)a->A1;
                return 0;
            case Pseudo.Expect:
                nint content = a->A2 == 8 ? *(nint*)a->A0 : a->A2 == 4 ? (nint)(*(uint*)a->A0) : *(ushort*)a->A0;
                return (content & a->A3) == a->A1 ? 0 : -a->A4;
            case Pseudo.Skip:
                return a->A0;
            case Pseudo.SkipIfEqual:
                return a->A0 == a->A1 ? a->A2 : 0;
            case Pseudo.EndOn:
                return DeathSignal.Add(a->A0);
            case Pseudo.Load:
                return *(int*)a->A0;
            case Pseudo.Status:
                *status = a->A0;
                return 0;
            case Pseudo.Supervise:
                return Supervisor.Split();
            case Pseudo.FailFromSlots:
                nint telling = -ENOENT;
                for (nint i = 0; i < a->A1; i++)
                {
                    nint result = slots[a->A0 + i];
                    if (result == -EACCES)
                        return result;
                    if (result is < 0 and not -ENOENT and not -ENOTDIR)
                        telling = result;
                }
                return telling;
            default:
                return -EINVAL;
        }
    }

    /// <summary>Tells the spawner which operation failed and why; the exit status is for those who only see that.</summary>
    private static int Report(nint status, int operation, int errno)
    {
        // Two 32-bit numbers, the operation first in memory: both supported architectures are little-endian.
        ulong record = (uint)operation | ((ulong)(uint)errno << 32);
        Call(SystemCall.Write, status, (nint)(&record), 8);
        return errno == ENOENT ? 127 : 126;
    }

    /// <summary>A system call with its result as the kernel gives it: negative error numbers. EINTR is retried.</summary>
    internal static nint Call(nint number, nint a0 = 0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0)
    {
        while (true)
        {
            nint result = syscall(number, a0, a1, a2, a3, a4, a5);
            if (result != -1)
                return result;
            int errno = *__errno_location();
            if (errno != EINTR)
                return -errno;
        }
    }
}
