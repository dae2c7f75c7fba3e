namespace Tare.Archive.Trees;

/// <summary>Writes through to a stream that stays its owner's: disposing this leaves it open.</summary>
internal sealed class NonClosingStream(Stream output) : Stream
{
    public override void Write(ReadOnlySpan<byte> buffer) => output.Write(buffer);
    public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);
    public override void Flush() => output.Flush();
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
