using System.Security.Cryptography;
using Tare.Oci;

namespace Tare.Archive.Compression;

/// <summary>Hashes what is read through it: a layer's diffID while it is applied. Not thread-safe.</summary>
public sealed class HashingStream(Stream source) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    /// <summary>The digest of all bytes read so far; ends the hash.</summary>
    public Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = source.Read(buffer);
        _hash.AppendData(buffer[..read]);
        Count += read;
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }
}
