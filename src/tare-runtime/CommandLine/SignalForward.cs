using System.Runtime.InteropServices;
using Tare.Linux;

namespace Tare.Runtime.CommandLine;

/// <summary>While a command waits in the foreground, signals that it gets go to the container's process.</summary>
internal static class SignalForward
{
    /// <summary>Those that a person or a supervisor sends; not those that tell this process about itself.</summary>
    private static readonly int[] Signals = [1, 2, 3, 10, 12, 14, 15, 24, 26, 27, 29, 30];

    private static readonly List<PosixSignalRegistration> Registrations = [];

    public static void To(FileDescriptor pidfd)
    {
        foreach (int number in Signals)
            Registrations.Add(PosixSignalRegistration.Create(Raw(number), context =>
            {
                context.Cancel = true;
                _ = Process.TrySignal(pidfd, number);
            }));
    }

    /// <summary>Calls the action whenever the window of the caller's terminal changes.</summary>
    public static IDisposable OnResize(Action action) => PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => action());

    /// <summary>The names .NET knows have numbers of its own; all others are the system's.</summary>
    private static PosixSignal Raw(int number) => number switch
    {
        1 => PosixSignal.SIGHUP,
        2 => PosixSignal.SIGINT,
        3 => PosixSignal.SIGQUIT,
        15 => PosixSignal.SIGTERM,
        _ => (PosixSignal)number,
    };
}
