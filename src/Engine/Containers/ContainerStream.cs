using System.Net.Sockets;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>
/// One client's connection to a process: what it reads is the process's output (framed when <see cref="IsMultiplexed"/>), what it writes is input,
/// scanned for the detach keys. One reader and one writer at a time.
/// </summary>
public sealed class ContainerStream : IAsyncDisposable
{
    private readonly System.Net.Sockets.Socket _socket;
    private readonly DetachKeys? _keys;

    internal ContainerStream(FileDescriptor stream, bool multiplexed, DetachKeys? keys)
    {
        _socket = new System.Net.Sockets.Socket(new SafeSocketHandle(stream.Release(), ownsHandle: true));
        IsMultiplexed = multiplexed;
        _keys = keys;
    }

    /// <summary>True when output has stream frames; false for a terminal.</summary>
    public bool IsMultiplexed { get; }

    /// <summary>True once the client has left with the detach keys: the process goes on.</summary>
    public bool IsDetached => _keys is { Matched: true };

    /// <summary>Where output comes from instead of the process itself: a log that is replayed and followed.</summary>
    internal Func<Stream, CancellationToken, Task>? Replay { get; init; }

    /// <summary>Text that follows the output: why the process could not be started.</summary>
    internal ReadOnlyMemory<byte> Epilogue { get; set; }

    /// <summary>Called when the client has left with the detach keys.</summary>
    internal Action? Detached { get; init; }

    /// <summary>Called when the stream is done.</summary>
    internal Action<ContainerStream>? Closed { get; set; }

    /// <summary>Reads output; 0 at its end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        int read = 0;
        try
        {
            read = await _socket.ReceiveAsync(buffer, cancellation);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // A stream that is cut off has ended.
        }
        if (read > 0 || Epilogue.IsEmpty)
            return read;
        int length = Math.Min(Epilogue.Length, buffer.Length);
        Epilogue[..length].CopyTo(buffer);
        Epilogue = Epilogue[length..];
        return length;
    }

    /// <summary>Writes input; false when the detach keys were typed or nobody reads any more.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        bool detach = false;
        if (_keys is not null)
            (data, detach) = _keys.Scan(data);
        try
        {
            while (!data.IsEmpty)
                data = data[await _socket.SendAsync(data, cancellation)..];
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;
        }
        if (detach)
            Detached?.Invoke();
        return !detach;
    }

    /// <summary>The client has no more input; output goes on.</summary>
    public void CompleteInput()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The process has ended meanwhile.
            return;
        }
    }

    /// <summary>
    /// Carries bytes both ways until the process's output ends or the client detaches or leaves. A null <paramref name="input"/> gives none.
    /// </summary>
    public async Task PumpAsync(Stream? input, Stream output, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task copyIn = input is null ? Task.CompletedTask : CopyInputAsync(input, stop);
        try
        {
            await (Replay ?? CopyOutputAsync)(output, stop.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // Detached, or the client has gone.
        }
        await stop.CancelAsync();
        await copyIn;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Abort();
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends both directions at once.</summary>
    internal void Abort()
    {
        _socket.Dispose();
        Closed?.Invoke(this);
    }

    private async Task CopyOutputAsync(Stream output, CancellationToken cancellation)
    {
        byte[] buffer = new byte[32 * 1024];
        int read;
        while ((read = await ReadAsync(buffer, cancellation)) > 0)
        {
            await output.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await output.FlushAsync(cancellation);
        }
    }

    private async Task CopyInputAsync(Stream input, CancellationTokenSource stop)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await input.ReadAsync(buffer, stop.Token)) > 0)
            {
                if (!await WriteAsync(buffer.AsMemory(0, read), stop.Token))
                {
                    if (_keys is { Matched: true })
                        await stop.CancelAsync();
                    return;
                }
            }
            CompleteInput();
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The client has gone without saying so: its output would fail next; input ends here.
            CompleteInput();
        }
    }
}
