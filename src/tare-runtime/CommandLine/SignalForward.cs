using System.Runtime.InteropServices;
using Tare.Linux;

namespace Tare.Runtime.CommandLine;

/// <summary>While `run` waits in the foreground, the usual signals go to the container's process.</summary>
internal static class SignalForward
{
    private static readonly List<PosixSignalRegistration> Registrations = [];

    public static void To(FileDescriptor pidfd)
    {
        foreach ((PosixSignal signal, int number) in new[] { (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15), (PosixSignal.SIGHUP, 1), (PosixSignal.SIGQUIT, 3) })
            Registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _ = Process.TrySignal(pidfd, number);
            }));
    }
}
