using System.Runtime.InteropServices;

namespace Tare.Hosts;

/// <summary>Signals that end a program which waits. It may be process 1, to which the kernel does nothing by default; the execve takes the handlers away.</summary>
internal static unsafe class DeathSignal
{
    private const nint SA_RESTORER = 0x04000000;

    /// <summary>struct sigaction as the kernel has it, on both supported architectures.</summary>
    private struct Action
    {
        public nint Handler, Flags, Restorer, Mask;
    }

    /// <summary>Returns 0 or a negative error number.</summary>
    public static nint Add(nint signal)
    {
        Action action;
        action.Handler = (nint)(delegate* unmanaged<int, void>)&Exit;
        action.Flags = SA_RESTORER;
        action.Restorer = action.Handler; // x86-64 delivers nothing without one; the handler does not come back
        action.Mask = 0;
        return Program.Call(SystemCall.RtSigaction, signal, (nint)(&action), 0, 8);
    }

    [UnmanagedCallersOnly]
    private static void Exit(int signal) => Program.Call(SystemCall.ExitGroup, 128 + signal);
}
