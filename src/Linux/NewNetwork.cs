using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>
/// A new network namespace with its lo up, made by a child of this process while this process goes on: the kernel takes for it about as long as for all else
/// that a clone3(2) with every namespace has to do. One at a time; not thread-safe.
/// </summary>
public sealed unsafe class NewNetwork : IDisposable
{
    /// <summary>The child's thread-local data, the C library's errno first of all, ends here: none of it may be the parent's, which runs on.</summary>
    private const int TlsSize = 16 * 1024;
    private static ReadOnlySpan<byte> Path => "/proc/self/ns/net\0"u8;
    private readonly int _pid;
    private Frame* _frame;

    /// <summary>Everything the child reads and writes, at the beginning of its stack's memory.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Frame
    {
        public CloneArguments Arguments;
        public fixed byte Path[24];
        public fixed byte Request[40];
        public int Namespace;
        public int UnshareNumber, OpenNumber, SocketNumber, IoctlNumber, CloseNumber, ExitNumber;
    }

    private NewNetwork(Frame* frame, int pid)
    {
        _frame = frame;
        _pid = pid;
    }

    /// <summary>Begins; null where it cannot be done this way.</summary>
    public static NewNetwork? TryStart()
    {
        if (!SharedMemoryChild.IsPossible)
            return null;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(SharedMemoryChild.StackSize, 16);
        byte* tls = memory + SharedMemoryChild.StackSize - 4096;
        int stackSize = SharedMemoryChild.StackSize - TlsSize;
        new Span<byte>(memory + stackSize, TlsSize).Clear();
        // SAFETY: the memory lives until the child has been reaped. The thread pointer points to itself, as psABI has it.
        *(nint*)tls = (nint)tls;
        *(nint*)(tls + 16) = (nint)tls;
        var frame = (Frame*)memory;
        *frame = new Frame
        {
            Namespace = -1,
            UnshareNumber = SyscallNumber.Unshare,
            OpenNumber = SyscallNumber.Openat,
            SocketNumber = SyscallNumber.Socket,
            IoctlNumber = SyscallNumber.Ioctl,
            CloseNumber = SyscallNumber.Close,
            ExitNumber = SyscallNumber.Exit,
        };
        Path.CopyTo(new Span<byte>(frame->Path, 24));
        Socket.LoopbackUp().CopyTo(new Span<byte>(frame->Request, 40));
        frame->Arguments.Flags = Sched.CLONE_VM | Sched.CLONE_FILES | Sched.CLONE_SETTLS | Sched.CLONE_CLEAR_SIGHAND;
        frame->Arguments.Tls = (ulong)tls;
        SharedMemoryChild.Prepare(&frame->Arguments, memory, stackSize, (nint)(delegate*<Frame*, void>)&RunChild);
        nint pid = SharedMemoryChild.clone3(SyscallNumber.Clone3, &frame->Arguments, CloneArguments.Size);
        if (pid < 0)
        {
            NativeMemory.AlignedFree(memory);
            return null;
        }
        Sched.TrySendElsewhere((int)pid);
        return new NewNetwork(frame, (int)pid);
    }

    /// <summary>Waits for the namespace, which is the caller's then; null when it could not be made.</summary>
    public FileDescriptor? Take()
    {
        if (_frame is null)
            return null;
        Process.ReapSilent(_pid);
        FileDescriptor? made = _frame->Namespace >= 0 ? new FileDescriptor(_frame->Namespace) : null;
        NativeMemory.AlignedFree(_frame);
        _frame = null;
        return made;
    }

    /// <inheritdoc/>
    public void Dispose() => Take()?.Dispose();

    /// <summary>Runs in the child, its memory and descriptors shared with the parent: system calls only, and it never returns.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void RunChild(Frame* frame)
    {
        if (SharedMemoryChild.Call(frame->UnshareNumber, unchecked((nint)Sched.CLONE_NEWNET), 0, 0, 0, 0, 0) == 0)
        {
            nint socket = SharedMemoryChild.Call(frame->SocketNumber, Socket.AF_INET, Socket.SOCK_DGRAM | Socket.SOCK_CLOEXEC, 0, 0, 0, 0);
            bool isUp = SharedMemoryChild.Call(frame->IoctlNumber, socket, Socket.SIOCSIFFLAGS, (nint)frame->Request, 0, 0, 0) == 0;
            SharedMemoryChild.Call(frame->CloseNumber, socket, 0, 0, 0, 0, 0);
            if (isUp)
                frame->Namespace = (int)SharedMemoryChild.Call(frame->OpenNumber, -100 /* AT_FDCWD */, (nint)frame->Path, Fcntl.O_RDONLY | Fcntl.O_CLOEXEC, 0, 0, 0);
        }
        SharedMemoryChild.Call(frame->ExitNumber, 0, 0, 0, 0, 0, 0);
    }
}
