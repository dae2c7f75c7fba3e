namespace Tare.Archive.Compression;

/// <summary>
/// Lets synchronous code on a thread of its own read or write a stream that only does asynchronous calls, such as an HTTP body. Not for
/// thread-pool threads. The stream stays its owner's.
/// </summary>
public sealed class BlockingStream(Stream stream, CancellationToken cancel) : Stream
{
    /// <summary>Runs work on a thread of its own, giving it the stream in this form.</summary>
    public static Task<T> RunAsync<T>(Stream stream, Func<Stream, T> work, CancellationToken cancel) =>
        Task.Factory.StartNew(() => work(new BlockingStream(stream, cancel)), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => stream.ReadAsync(buffer.AsMemory(offset, count), cancel).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => stream.WriteAsync(buffer.AsMemory(offset, count), cancel).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush() => stream.FlushAsync(cancel).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override bool CanRead => stream.CanRead;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => stream.CanWrite;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
