using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Tare.Errors;
using Tare.Oci;

namespace Tare.Storage.Content;

/// <summary>
/// A blob being written to a temporary file and hashed on the way; it enters the store on <see cref="Commit"/> and leaves nothing when disposed
/// without. Also usable as the target of stream copies. Not thread-safe.
/// </summary>
public sealed class IngestStream : Stream
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    private readonly ContentStore _store;
    private readonly ContentLease _lease;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _committed;

    internal IngestStream(ContentStore store, ContentLease lease)
    {
        _store = store;
        _lease = lease;
        _path = store.NewIngestPath();
        _file = new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, 256 * 1024);
    }

    /// <summary>Bytes written so far.</summary>
    public long Count { get; private set; }

    /// <summary>Appends to the blob; a full disk is OutOfSpace.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            _file.Write(buffer);
        }
        catch (IOException e)
        {
            throw Translate(e);
        }
        _hash.AppendData(buffer);
        Count += buffer.Length;
    }

    /// <summary>Opens what is written for reading at offsets; good also after the commit, whatever becomes of the file's name.</summary>
    public SafeFileHandle OpenHandle() => File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Puts the blob into the store under its digest; an unexpected digest is InvalidArgument.</summary>
    public Digest Commit(Digest? expected = null)
    {
        var digest = Digest.FromSha256(_hash.GetHashAndReset());
        if (expected is not null && expected != digest)
            throw TareException.Invalid($"content does not match its digest: want {expected}, got {digest}");
        try
        {
            _file.Dispose();
        }
        catch (IOException e)
        {
            throw Translate(e);
        }
        _store.Publish(_path, digest, _lease);
        _committed = true;
        return digest;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            try
            {
                _file.Dispose();
            }
            catch (IOException) when (!_committed)
            {
                // What could not be flushed to a full disk is being thrown away.
            }
            if (!_committed)
                File.Delete(_path);
        }
        base.Dispose(disposing);
    }

    internal static TareException Translate(IOException e) => e.HResult is NoSpace or QuotaExceeded
        ? new TareException(ErrorKind.OutOfSpace, "write to the content store: no space left on device", e)
        : TareException.Internal("write to the content store", e);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Makes what was written so far readable by <see cref="OpenHandle"/>.</summary>
    public override void Flush()
    {
        try
        {
            _file.Flush();
        }
        catch (IOException e)
        {
            throw Translate(e);
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => Count;

    /// <inheritdoc/>
    public override long Position { get => Count; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
