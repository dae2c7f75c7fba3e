using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>
/// Brings one container's log from its local files to a sink, from where the last forwarder stopped until the container has ended and all is sent. A sink
/// that does not answer is asked again and again; meanwhile the local files hold the lines, as far as their bounds go.
/// </summary>
internal sealed class LogForwarder(Container container, LogFiles files, string positionPath, ILogSink sink, Action<string> complain)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(10);
    private readonly byte[] _block = new byte[64 * 1024];
    private readonly List<byte> _rest = [];
    private readonly LinePart?[] _parts = new LinePart?[2];
    private FileDescriptor? _file;
    private long _offset;
    private bool _connected;

    /// <summary>Runs until there is nothing more to come, or it is cancelled.</summary>
    internal async Task RunAsync(bool connected, CancellationToken cancellation)
    {
        _connected = connected;
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                bool runs = container.State.HasProcess || container.State is LifecycleState.Restarting;
                Task exit = container.NextExit;
                await SendNewAsync(cancellation);
                if (!runs)
                    return;
                _ = await Task.WhenAny(exit, Task.Delay(Poll, cancellation));
            }
        }
        catch (OperationCanceledException)
        {
            // The engine ends; the next one goes on from the position.
        }
        finally
        {
            _file?.Dispose();
            await sink.DisposeAsync();
        }
    }

    private async Task SendNewAsync(CancellationToken cancellation)
    {
        _file ??= Find();
        while (_file is not null)
        {
            FileDescriptor? next = files.OpenNext(_file);
            // After a successor exists nothing more is written to this one, so what is read now is all.
            await SendFileAsync(cancellation);
            if (next is null)
                return;
            _file.Dispose();
            (_file, _offset) = (next, 0);
            _rest.Clear();
        }
    }

    /// <summary>The file of the position, or the oldest there is.</summary>
    private FileDescriptor? Find()
    {
        LogPosition position = LogPosition.Read(positionPath);
        List<FileDescriptor> all = files.OpenAll();
        FileDescriptor? found = all.Find(file => Stat.Of(file).Inode == position.Inode) ?? all.FirstOrDefault();
        if (found is not null)
        {
            _offset = Stat.Of(found).Inode == position.Inode ? position.Offset : 0;
            Unistd.Seek(found, _offset);
        }
        foreach (FileDescriptor other in all.Where(file => file != found))
            other.Dispose();
        return found;
    }

    private async Task SendFileAsync(CancellationToken cancellation)
    {
        int read;
        while ((read = _file!.Read(_block)) > 0)
        {
            int begin = 0;
            for (int end; (end = Array.IndexOf(_block, (byte)'\n', begin, read - begin)) >= 0; begin = end + 1)
            {
                _rest.AddRange(_block.AsSpan(begin, end - begin));
                await SendAsync([.. _rest], cancellation);
                _offset += _rest.Count + 1;
                _rest.Clear();
            }
            _rest.AddRange(_block.AsSpan(begin, read - begin));
            new LogPosition(Stat.Of(_file).Inode, _offset).Write(positionPath);
        }
    }

    private async Task SendAsync(byte[] stored, CancellationToken cancellation)
    {
        if (!LogEntry.TryParse(stored, out LogEntry entry))
            return;
        LogLine line = ToLine(entry);
        TimeSpan wait = FirstRetry;
        while (true)
        {
            try
            {
                if (!_connected)
                    await sink.ConnectAsync(cancellation);
                _connected = true;
                await sink.SendAsync(line, cancellation);
                return;
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or TareException { Kind: ErrorKind.Unavailable })
            {
                if (_connected || wait == FirstRetry)
                    complain($"log of container {container.Id}: {error.Message}; trying again");
                _connected = false;
            }
            await Task.Delay(wait, cancellation);
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LastRetry.Ticks));
        }
    }

    private LogLine ToLine(LogEntry entry)
    {
        bool whole = entry.Text is [.., (byte)'\n'];
        ref LinePart? before = ref _parts[entry.IsError ? 1 : 0];
        LinePart? part = whole && before is null ? null
            : new LinePart(before?.Id ?? Guid.NewGuid().ToString("N"), (before?.Ordinal ?? 0) + 1, whole);
        before = whole ? null : part;
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddTicks(entry.Nanoseconds / 100);
        return new LogLine(entry.Text.AsMemory(0, entry.Text.Length - (whole ? 1 : 0)), entry.IsError, time, part);
    }
}
