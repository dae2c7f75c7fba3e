using Tare.Linux;
using Attributes = Tare.Linux.Terminal;

namespace Tare.Cli.Terminal;

/// <summary>Switches a terminal to raw mode and puts it back on dispose or, at the latest, when the process ends in an orderly way.</summary>
internal sealed class RawMode : IDisposable
{
    private readonly FileDescriptor _terminal;
    private byte[]? _saved;

    public RawMode(FileDescriptor terminal)
    {
        _terminal = terminal;
        _saved = Attributes.MakeRaw(terminal);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        if (Interlocked.Exchange(ref _saved, null) is { } saved)
            Attributes.Restore(_terminal, saved);
    }

    private void OnExit(object? sender, EventArgs e) => Dispose();
}
