using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>
/// Hands signals that this process gets on to another one. The handler is the system's own kind, two system calls on whatever thread is hit: .NET's way is a
/// thread and a pipe, which a command that only waits would pay for at its start. x86-64 and native programs only, as <see cref="Spawn"/>.
/// </summary>
public static unsafe partial class SignalRelay
{
    private const int SA_RESTART = 0x10000000;

    // Neither has an initializer: the handler may run no code that looks whether one has run.
    private static int s_pidfd;
    private static int s_number;

    /// <summary>From now on these signals go to the process of the pidfd, which must stay open as long as this process lives.</summary>
    public static void To(FileDescriptor pidfd, ReadOnlySpan<int> signals)
    {
        s_pidfd = pidfd.Number;
        s_number = SyscallNumber.PidfdSendSignal;
        // struct sigaction of the C library: handler, 128 bytes of mask, flags, restorer.
        byte* action = stackalloc byte[152];
        new Span<byte>(action, 152).Clear();
        *(nint*)action = (nint)(delegate*<int, void>)&Handle;
        *(int*)(action + 136) = SA_RESTART;
        // SAFETY: the structure is complete and only read.
        foreach (int signal in signals)
            SyscallException.Check(sigaction(signal, action, null), "sigaction");
    }

    /// <summary>
    /// Runs between any two instructions of this process: system calls only, no allocation, no transition. The interrupted code's errno is put back.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Handle(int signal)
    {
        int* errno = ErrnoLocation();
        int saved = *errno;
        Call(s_number, s_pidfd, signal, 0, 0, 0, 0);
        *errno = saved;
    }

    /// <inheritdoc cref="Spawn"/>
    [RuntimeImport("*", "syscall")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern nint Call(nint number, nint a0, nint a1, nint a2, nint a3, nint a4, nint a5);

    [RuntimeImport("*", "__errno_location")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int* ErrnoLocation();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sigaction(int signal, byte* action, byte* old);
}
