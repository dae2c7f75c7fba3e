using System.Collections.Concurrent;
using Tare.Engine.Containers.State;
using Tare.Errors;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>
/// The log drivers that send lines elsewhere: syslog and journald. The keeper writes every container's log to local files all the same; they are what
/// `docker logs` reads, and from where lines are forwarded here. Thread-safe.
/// </summary>
internal sealed class LogDrivers(ContainerPaths paths, Action<string> complain) : IDisposable
{
    /// <summary>How long the removal of a container waits for its last lines to go out.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Where journald listens.</summary>
    internal const string JournalSocket = "/run/systemd/journal/socket";

    /// <summary>True for a driver that sends lines elsewhere.</summary>
    internal static bool Forwards(string driver) => driver is "syslog" or "journald";

    /// <summary>Before a start: somebody must be there to send to, or the start fails. Null for local drivers.</summary>
    internal static async Task<ILogSink?> OpenAsync(ContainerRecord record)
    {
        if (Open(record) is not { } sink)
            return null;
        try
        {
            await sink.ConnectAsync(CancellationToken.None);
            return sink;
        }
        catch (TareException error)
        {
            await sink.DisposeAsync();
            throw new TareException(error.Kind, $"failed to create task for container: failed to initialize logging driver: {error.Message}", error);
        }
    }

    /// <summary>Forwards what a container has written and will write; nothing when that is under way. Takes the sink over.</summary>
    internal void Begin(Container container, ILogSink? connected = null)
    {
        ContainerRecord record = container.Record;
        if (!Forwards(record.HostConfig.LogConfig.Type))
            return;
        _ = _running.AddOrUpdate(container.Id, _ => Run(container, connected), (_, before) => After(before, container, connected));
    }

    /// <summary>Waits, for a while, until all lines of a container that has ended are sent.</summary>
    internal async Task FinishAsync(Container container)
    {
        if (_running.TryRemove(container.Id, out Task? running))
            _ = await Task.WhenAny(running, Task.Delay(Patience));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _ = Task.WhenAll(_running.Values).Wait(TimeSpan.FromSeconds(1));
    }

    private static ILogSink? Open(ContainerRecord record) => record.HostConfig.LogConfig.Type switch
    {
        "syslog" => new SyslogSink(SyslogTarget.Parse(record.HostConfig.LogConfig.Config ?? []), LogSource.Of(record).Tag),
        "journald" => new JournaldSink(LogSource.Of(record), JournalSocket),
        _ => null,
    };

    private Task Run(Container container, ILogSink? connected) => Task.Run(async () =>
    {
        try
        {
            ILogSink sink = connected ?? Open(container.Record)!;
            var forwarder = new LogForwarder(container, new LogFiles(paths.Log(container.Id)), paths.LogPosition(container.Id), sink, complain);
            await forwarder.RunAsync(connected is not null, _stop.Token);
        }
        catch (Exception error)
        {
            // Nobody waits for this task but a removal; the local log has the lines.
            complain($"log of container {container.Id}: {TareException.Describe(error)}");
        }
    });

    /// <summary>A container that was started again: its last forwarder ends by itself, and its lines come first.</summary>
    private async Task After(Task before, Container container, ILogSink? connected)
    {
        if (connected is not null && !before.IsCompleted)
        {
            await connected.DisposeAsync();
            connected = null;
        }
        await before;
        await Run(container, connected);
    }
}
