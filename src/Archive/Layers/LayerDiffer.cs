using System.Security.Cryptography;
using Tare.Archive.Tar;
using Tare.Archive.Trees;
using Tare.Linux;
using Tare.Oci;

namespace Tare.Archive.Layers;

/// <summary>Writes the upper directory of an overlay as a layer: the tar whose digest is the diffID. Stateless.</summary>
public static class LayerDiffer
{
    /// <summary>Writes the plain tar to <paramref name="output"/> and returns its digest and sizes. The container should be paused or stopped.</summary>
    public static AppliedLayer Write(FileDescriptor upper, Stream output, CancellationToken cancel = default)
    {
        using var hash = new HashWriteStream(output);
        using (var buffered = new BufferedStream(hash, 256 * 1024))
        {
            var writer = new TarWriter(buffered);
            long fileBytes = TreeArchiver.Write(upper, ".", writer, new TreeArchiveOptions { Overlay = true }, cancel);
            writer.End();
            buffered.Flush();
            return new AppliedLayer(hash.Finish(), hash.Count, fileBytes);
        }
    }

    private sealed class HashWriteStream(Stream output) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Count { get; private set; }

        public Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.AppendData(buffer);
            output.Write(buffer);
            Count += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => output.Flush();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _hash.Dispose();
            base.Dispose(disposing);
        }

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => Count;
        public override long Position { get => Count; set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
