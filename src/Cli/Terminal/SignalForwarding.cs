using System.Runtime.InteropServices;

namespace Tare.Cli.Terminal;

/// <summary>Hands the signals this process gets to a function by their names, until disposed.</summary>
internal sealed class SignalForwarding : IDisposable
{
    private static readonly (PosixSignal Signal, string Name)[] Forwarded =
    [
        (PosixSignal.SIGINT, "INT"), (PosixSignal.SIGTERM, "TERM"), (PosixSignal.SIGHUP, "HUP"), (PosixSignal.SIGQUIT, "QUIT"),
        (PosixSignal.SIGCONT, "CONT"), ((PosixSignal)10, "USR1"), ((PosixSignal)12, "USR2"),
    ];

    private readonly List<PosixSignalRegistration> _registrations = [];

    public SignalForwarding(Action<string> forward)
    {
        foreach ((PosixSignal signal, string name) in Forwarded)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                forward(name);
            }));
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}

/// <summary>Reports the terminal's size at the start and whenever it changes.</summary>
internal sealed class SizeFollowing : IDisposable
{
    private readonly PosixSignalRegistration _registration;

    public SizeFollowing(Linux.FileDescriptor terminal, Action<int, int> report)
    {
        void Report()
        {
            (ushort rows, ushort columns) = Linux.Terminal.Size(terminal);
            if (rows > 0 && columns > 0)
                report(rows, columns);
        }
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Report());
        Report();
    }

    public void Dispose() => _registration.Dispose();
}
