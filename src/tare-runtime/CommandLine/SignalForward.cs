using System.Runtime.InteropServices;
using Tare.Linux;

namespace Tare.Runtime.CommandLine;

/// <summary>While a command waits in the foreground, signals that it gets go to the container's process.</summary>
internal static class SignalForward
{
    /// <summary>Those that a person or a supervisor sends; not those that tell this process about itself.</summary>
    private static ReadOnlySpan<int> Signals => [1, 2, 3, 10, 12, 14, 15, 24, 26, 27, 29, 30];

    /// <summary>The descriptor stays open as long as this process lives.</summary>
    public static void To(FileDescriptor pidfd) => SignalRelay.To(pidfd, Signals);

    /// <summary>Calls the action whenever the window of the caller's terminal changes.</summary>
    public static IDisposable OnResize(Action action) => PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => action());
}
