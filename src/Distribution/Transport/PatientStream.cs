using Tare.Errors;

namespace Tare.Distribution.Transport;

/// <summary>A body whose reads end with Unavailable when nothing comes for a while. Reads only, asynchronously; owns the body.</summary>
internal sealed class PatientStream(Stream body, TimeSpan silence) : Stream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A read that has its bytes at once needs no timer.
        ValueTask<int> read = body.ReadAsync(buffer, cancellationToken);
        if (read.IsCompleted)
            return await read;
        try
        {
            return await read.AsTask().WaitAsync(silence, cancellationToken);
        }
        catch (TimeoutException e)
        {
            await body.DisposeAsync();
            throw new TareException(ErrorKind.Unavailable, $"the registry has sent nothing for {silence.TotalSeconds:0} seconds", e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
