using System.Buffers;
using System.Text;
using Tare.Engine.Containers.Logs.Drivers;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Streams;
using Tare.Linux;

namespace Tare.Engine.Containers.Logs;

/// <summary>One reading of a container's log, to be copied to a client. One use.</summary>
public sealed class ContainerLogStream
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly Container _container;
    private readonly LogFiles _files;
    private readonly LogsOptions _options;
    private readonly ArrayBufferWriter<byte> _out = new(64 * 1024);
    private readonly byte[] _block = new byte[64 * 1024];
    private readonly List<byte> _partial = [];
    private readonly string _details;
    private bool _pastEnd;

    internal ContainerLogStream(Container container, string path, LogsOptions options)
    {
        (_container, _files, _options) = (container, new LogFiles(path), options);
        IsMultiplexed = !container.Record.Config.Tty && !options.Raw;
        _details = options.Details ? Details(container) : "";
    }

    /// <summary>True when the copy has stream frames; false for a container with a terminal.</summary>
    public bool IsMultiplexed { get; }

    /// <summary>Writes the chosen lines; with follow, until the container has ended and all is written, or the client goes.</summary>
    public async Task CopyToAsync(Stream output, CancellationToken cancellation)
    {
        FileDescriptor? current = await CopyExistingAsync(output, cancellation);
        try
        {
            while (_options.Follow && !_pastEnd && !cancellation.IsCancellationRequested)
            {
                // Asked before reading: what it wrote before it ended is in the file by then.
                bool runs = IsUp();
                Task exit = _container.NextExit;
                current = await CopyNewAsync(current, output, cancellation);
                if (!runs)
                    return;
                _ = await Task.WhenAny(exit, Task.Delay(Poll, cancellation));
            }
        }
        finally
        {
            current?.Dispose();
        }
    }

    /// <summary>Chosen labels and variables as one query string, and a blank.</summary>
    private static string Details(Container container)
    {
        Dictionary<string, string> attributes = LogSource.AttributesOf(container.Record.HostConfig.LogConfig.Config ?? [], container.Record.Config);
        return string.Join(',', attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}")) + " ";
    }

    private bool IsUp() => _container.State.HasProcess || _container.State is LifecycleState.Restarting;

    private async Task<FileDescriptor?> CopyExistingAsync(Stream output, CancellationToken cancellation)
    {
        List<FileDescriptor> files = _files.OpenAll();
        try
        {
            // What is written from now on is new: it would be a line too many for a tail, and without end for a container that writes faster than the client reads.
            long[] sizes = [.. files.Select(LogTail.EndOfLines)];
            (int first, long offset) = _options.Tail is { } lines ? LogTail.Find(files, sizes, lines) : (0, 0);
            for (int i = first; i < files.Count && !_pastEnd; i++)
            {
                long from = i == first ? offset : 0;
                Unistd.Seek(files[i], from);
                await CopyFileAsync(files[i], sizes[i] - from, output, cancellation);
            }
            FileDescriptor? last = files.Count == 0 ? null : files[^1];
            _ = last is not null && files.Remove(last);
            return last;
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    /// <summary>What came since: the rest of the present file, then of those that took its place.</summary>
    private async Task<FileDescriptor?> CopyNewAsync(FileDescriptor? current, Stream output, CancellationToken cancellation)
    {
        if (current is null)
        {
            List<FileDescriptor> files = _files.OpenAll();
            if (files.Count == 0)
                return null;
            current = files[0];
            files[1..].ForEach(file => file.Dispose());
        }
        while (true)
        {
            FileDescriptor? next = _files.OpenNext(current);
            // After a successor exists nothing more is written to this one, so what is read now is all.
            await CopyFileAsync(current, long.MaxValue, output, cancellation);
            if (next is null)
                return current;
            current.Dispose();
            current = next;
        }
    }

    private async Task CopyFileAsync(FileDescriptor file, long length, Stream output, CancellationToken cancellation)
    {
        int read;
        while (!_pastEnd && (read = file.Read(_block.AsSpan(0, (int)Math.Min(_block.Length, length)))) > 0)
        {
            length -= read;
            Take(_block.AsSpan(0, read));
            if (_out.WrittenCount > 0)
            {
                await output.WriteAsync(_out.WrittenMemory, cancellation);
                _out.ResetWrittenCount();
            }
        }
        await output.FlushAsync(cancellation);
    }

    private void Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && !_pastEnd)
        {
            int end = data.IndexOf((byte)'\n');
            if (end < 0)
            {
                _partial.AddRange(data);
                return;
            }
            if (_partial.Count == 0)
            {
                Emit(data[..end]);
            }
            else
            {
                _partial.AddRange(data[..end]);
                Emit(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_partial));
                _partial.Clear();
            }
            data = data[(end + 1)..];
        }
    }

    private void Emit(ReadOnlySpan<byte> line)
    {
        if (!LogEntry.TryParse(line, out LogEntry entry) || !(entry.IsError ? _options.Stderr : _options.Stdout))
            return;
        if (_options.Since is not null || _options.Until is not null)
        {
            long time = entry.Nanoseconds;
            // The log is in the order of time: past the end there is nothing more.
            _pastEnd = time > _options.Until;
            if (_pastEnd || time < _options.Since)
                return;
        }
        string prefix = (_options.Timestamps ? entry.Time + " " : "") + _details;
        int length = Encoding.UTF8.GetByteCount(prefix) + entry.Text.Length;
        if (IsMultiplexed)
        {
            new StreamFrame(entry.IsError ? StreamKind.Stderr : StreamKind.Stdout, length).Write(_out.GetSpan(StreamFrame.HeaderSize));
            _out.Advance(StreamFrame.HeaderSize);
        }
        _out.Write(Encoding.UTF8.GetBytes(prefix));
        _out.Write(entry.Text);
    }
}
