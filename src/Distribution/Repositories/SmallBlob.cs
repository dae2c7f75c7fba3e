using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>Downloads small blobs into memory, verified. Stateless.</summary>
public static class SmallBlob
{
    private const int MaxBytes = 8 << 20;

    /// <summary>The bytes of a blob.</summary>
    public static async Task<byte[]> ReadAsync(Repository repository, Descriptor blob, CancellationToken cancel)
    {
        if (blob.Size is < 0 or > MaxBytes)
            throw TareException.Invalid($"blob {blob.Digest} has {blob.Size} bytes, more than the {MaxBytes} that are read here");
        var target = new Memory((int)blob.Size);
        await BlobGet.RunAsync(repository, blob, target, cancel);
        return Digest.Of(target.Bytes) == blob.Digest ? target.Bytes : throw TareException.Invalid($"content does not match its digest: want {blob.Digest}");
    }

    private sealed class Memory(int size) : IBlobTarget
    {
        private int _count;

        public byte[] Bytes { get; } = new byte[size];

        public long Count => _count;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > Bytes.Length - _count)
                throw TareException.Invalid($"the blob is longer than the {Bytes.Length} bytes it should have");
            bytes.CopyTo(Bytes.AsSpan(_count));
            _count += bytes.Length;
        }
    }
}
