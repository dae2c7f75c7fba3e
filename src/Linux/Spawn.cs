using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>What a new process starts with; descriptors stay the caller's.</summary>
public sealed class SpawnOptions
{
    /// <summary>The executable (execveat with AT_EMPTY_PATH).</summary>
    public required FileDescriptor Executable { get; init; }

    /// <summary>Becomes descriptors 0, 1, 2, … of the child, in order.</summary>
    public required IReadOnlyList<FileDescriptor> Descriptors { get; init; }

    /// <summary>CLONE_NEW… flags.</summary>
    public ulong Namespaces { get; init; }

    /// <summary>A directory of a unified cgroup that the child is born into, or null.</summary>
    public FileDescriptor? Cgroup { get; init; }
}

/// <summary>
/// clone3(2) with CLONE_VM and CLONE_VFORK, then execveat(2) in the child: no page table is copied, whatever the parent's heap. x86-64 only.
/// Not for processes that run under a JIT compiler: the child may execute nothing that is not yet compiled.
/// </summary>
public static unsafe class Spawn
{
    private const int SIG_BLOCK = 0;
    private const int SIG_SETMASK = 2;

    /// <summary>Everything the child reads and writes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Frame
    {
        public CloneArguments Arguments;
        public int* Sources;
        public int Count;
        public int Executable;
        public nint* Argv;
        public byte* Empty;
        public nint Error;
        public ulong EmptyMask;
        public fixed ulong DefaultAction[4];
        public int DupNumber, ActionNumber, MaskNumber, ExecNumber, ExitNumber;
    }

    /// <summary>
    /// Starts the process and returns its pid and pidfd once the executable is running. Fails with the errno of clone3 or execveat.
    /// </summary>
    public static Errno TryStart(SpawnOptions options, out int pid, out FileDescriptor pidfd)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new PlatformNotSupportedException("starting containers needs x86-64 in this version");
        int[] sources = new int[options.Descriptors.Count];
        List<FileDescriptor> raised = RaiseAbove(options.Descriptors, sources);
        // SAFETY: the frame, the stack and the arrays live until the child has left this memory (CLONE_VFORK holds this thread until then); all
        // signals are blocked, so that no handler runs in the child on this memory.
        byte* stack = (byte*)NativeMemory.AlignedAlloc(SharedMemoryChild.StackSize, 16);
        try
        {
            FileDescriptor executable = Fcntl.DuplicateAbove(options.Executable, sources.Length);
            raised.Add(executable);
            fixed (int* start = sources)
                return Clone(options, executable.Number, start, sources.Length, stack, out pid, out pidfd);
        }
        finally
        {
            NativeMemory.AlignedFree(stack);
            foreach (FileDescriptor fd in raised)
                fd.Dispose();
            GC.KeepAlive(options);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Errno Clone(SpawnOptions options, int executable, int* sources, int count, byte* stack, out int pid, out FileDescriptor pidfd)
    {
        nint* argv = stackalloc nint[2];
        byte* name = stackalloc byte[10] { (byte)'t', (byte)'a', (byte)'r', (byte)'e', (byte)'-', (byte)'i', (byte)'n', (byte)'i', (byte)'t', 0 };
        argv[0] = (nint)name;
        argv[1] = 0;
        int pidfdNumber = -1;
        Frame frame = default;
        frame.Arguments.Flags = options.Namespaces | Sched.CLONE_VM | Sched.CLONE_VFORK | Sched.CLONE_PIDFD | Sched.CLONE_CLEAR_SIGHAND
            | (options.Cgroup is null ? 0 : Sched.CLONE_INTO_CGROUP);
        frame.Arguments.PidFd = (ulong)&pidfdNumber;
        frame.Arguments.ExitSignal = 17; // SIGCHLD
        SharedMemoryChild.Prepare(&frame.Arguments, stack, SharedMemoryChild.StackSize, (nint)(delegate*<Frame*, void>)&RunChild);
        frame.Arguments.Cgroup = options.Cgroup is null ? 0 : (ulong)options.Cgroup.Number;
        frame.Sources = sources;
        frame.Count = count;
        frame.Executable = executable;
        frame.Argv = argv;
        frame.Empty = name + 9;
        frame.DupNumber = SyscallNumber.Dup3;
        frame.ActionNumber = SyscallNumber.RtSigaction;
        frame.MaskNumber = SyscallNumber.RtSigprocmask;
        frame.ExecNumber = SyscallNumber.Execveat;
        frame.ExitNumber = SyscallNumber.Exit;
        ulong all = ~0ul;
        ulong old = 0;
        _ = RawSyscall.Invoke(frame.MaskNumber, SIG_BLOCK, (nint)(&all), (nint)(&old), 8);
        nint result = SharedMemoryChild.clone3(SyscallNumber.Clone3, &frame.Arguments, CloneArguments.Size);
        Errno errno = result < 0 ? SyscallException.LastErrno : (Errno)frame.Error;
        _ = RawSyscall.Invoke(frame.MaskNumber, SIG_SETMASK, (nint)(&old), 0, 8);
        pid = (int)result;
        pidfd = pidfdNumber >= 0 ? new FileDescriptor(pidfdNumber) : new FileDescriptor();
        if (errno != Errno.None && !pidfd.IsInvalid)
        {
            _ = Process.TryReap(pidfd, wait: true, out _);
            pidfd.Dispose();
        }
        return errno;
    }

    /// <summary>Runs in the child on its own stack, its address space shared with the parent: system calls only, and it never returns.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void RunChild(Frame* frame)
    {
        nint failed = 0;
        for (int i = 0; i < frame->Count && failed == 0; i++)
            failed = SharedMemoryChild.Call(frame->DupNumber, frame->Sources[i], i, 0, 0, 0, 0) < 0 ? 9 /* EBADF */ : 0;
        if (failed == 0)
        {
            // The .NET runtime ignores SIGPIPE, and that survives an execve.
            SharedMemoryChild.Call(frame->ActionNumber, 13, (nint)frame->DefaultAction, 0, 8, 0, 0);
            SharedMemoryChild.Call(frame->MaskNumber, SIG_SETMASK, (nint)(&frame->EmptyMask), 0, 8, 0, 0);
            SharedMemoryChild.Call(frame->ExecNumber, frame->Executable, (nint)frame->Empty, (nint)frame->Argv, (nint)(frame->Argv + 1), 0x1000 /* AT_EMPTY_PATH */, 0);
            failed = 8; // ENOEXEC: errno itself is thread-local data that the parent owns
        }
        frame->Error = failed;
        SharedMemoryChild.Call(frame->ExitNumber, 127, 0, 0, 0, 0, 0);
    }

    /// <summary>Copies descriptors whose numbers the child's own ones would overwrite to higher numbers.</summary>
    private static List<FileDescriptor> RaiseAbove(IReadOnlyList<FileDescriptor> descriptors, int[] sources)
    {
        List<FileDescriptor> raised = [];
        for (int i = 0; i < descriptors.Count; i++)
        {
            sources[i] = descriptors[i].Number;
            if (sources[i] >= descriptors.Count)
                continue;
            FileDescriptor copy = Fcntl.DuplicateAbove(descriptors[i], descriptors.Count);
            raised.Add(copy);
            sources[i] = copy.Number;
        }
        return raised;
    }
}
