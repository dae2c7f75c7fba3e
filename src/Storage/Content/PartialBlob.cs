using System.Security.Cryptography;
using Tare.Errors;
using Tare.Oci;

namespace Tare.Storage.Content;

/// <summary>
/// A blob of known digest and size that arrives over time, perhaps over several lives of the engine: what is there stays in the ingest directory
/// until <see cref="Commit"/> or <see cref="Discard"/>. One writer; any number of <see cref="Follow">followers</see> read what has arrived while
/// the rest is still coming.
/// </summary>
public sealed class PartialBlob : IDisposable
{
    private readonly ContentStore _store;
    private readonly ContentLease _lease;
    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly object _changed = new();
    private long _count;
    private bool _complete;
    private Exception? _failure;

    internal PartialBlob(ContentStore store, ContentLease lease, string path, Digest digest, long size)
    {
        (_store, _lease, FilePath, Digest, Size) = (store, lease, path, digest, size);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 0);
        try
        {
            Rehash();
        }
        catch
        {
            _file.Dispose();
            _hash.Dispose();
            throw;
        }
    }

    /// <summary>What the whole must be.</summary>
    public Digest Digest { get; }

    /// <summary>Bytes of the whole.</summary>
    public long Size { get; }

    /// <summary>Bytes that are there; the writer goes on from here.</summary>
    public long Count => Volatile.Read(ref _count);

    internal string FilePath { get; }

    /// <summary>Appends; more bytes than the size is InvalidArgument, a full disk OutOfSpace.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Size - _count)
            throw TareException.Invalid($"content {Digest} is longer than the {Size} bytes it should have");
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, bytes, _count);
        }
        catch (IOException e)
        {
            throw IngestStream.Translate(e);
        }
        _hash.AppendData(bytes);
        lock (_changed)
        {
            _count += bytes.Length;
            Monitor.PulseAll(_changed);
        }
    }

    /// <summary>Puts the blob into the store; one that is too short or has another digest is InvalidArgument and is thrown away.</summary>
    public void Commit()
    {
        if (_count != Size)
            throw TareException.Invalid($"content {Digest} is truncated: {_count} of {Size} bytes came");
        var digest = Digest.FromSha256(_hash.GetHashAndReset());
        if (digest != Digest)
        {
            Discard();
            throw TareException.Invalid($"content does not match its digest: want {Digest}, got {digest}");
        }
        lock (_changed)
        {
            _store.Publish(FilePath, Digest, _lease);
            _complete = true;
            Monitor.PulseAll(_changed);
        }
    }

    /// <summary>Throws away what has arrived: the writer begins at zero. Followers fail, as they have read it.</summary>
    public void Discard()
    {
        _file.SetLength(0);
        _ = _hash.GetHashAndReset();
        lock (_changed)
        {
            _count = 0;
            _failure ??= TareException.Invalid($"content {Digest} is damaged");
            Monitor.PulseAll(_changed);
        }
    }

    /// <summary>Says that the writer has given up: followers end with this. What has arrived stays for a later writer.</summary>
    public void Fail(Exception failure)
    {
        lock (_changed)
        {
            _failure ??= failure;
            Monitor.PulseAll(_changed);
        }
    }

    /// <summary>
    /// Reads from the first byte and waits for those that are not there; ends once the blob was committed, so whoever reads to the end has read
    /// verified content. For threads of their own: reads block.
    /// </summary>
    public Stream Follow()
    {
        lock (_changed)
        {
            if (_complete)
                return _store.OpenRead(Digest);
            return _failure is null ? new Follower(this) : throw Ended(_failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Fail(TareException.Internal($"content {Digest}: its download ended early"));
        _file.Dispose();
        _hash.Dispose();
        _store.Close(this, keep: _count > 0 && !_complete);
    }

    private static TareException Ended(Exception failure) =>
        new((failure as TareException)?.Kind ?? ErrorKind.Unavailable, failure.Message, failure.InnerException);

    private void Rehash()
    {
        byte[] buffer = new byte[256 * 1024];
        while (RandomAccess.Read(_file.SafeFileHandle, buffer, _count) is var read and > 0)
        {
            _count += read;
            if (_count > Size)
                break;
            _hash.AppendData(buffer.AsSpan(0, read));
        }
        if (_count <= Size)
            return;
        _file.SetLength(0);
        _ = _hash.GetHashAndReset();
        _count = 0;
    }

    private sealed class Follower(PartialBlob blob) : Archive.Compression.ReadOnlyStream
    {
        private readonly FileStream _file = new(blob.FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        private long _position;

        public override int Read(Span<byte> buffer)
        {
            long available;
            lock (blob._changed)
            {
                while (_position >= blob._count && !blob._complete && blob._failure is null)
                    _ = Monitor.Wait(blob._changed);
                if (blob._failure is { } failure && !blob._complete)
                    throw Ended(failure);
                available = blob._count - _position;
            }
            int read = RandomAccess.Read(_file.SafeFileHandle, buffer[..(int)Math.Min(available, buffer.Length)], _position);
            _position += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _file.Dispose();
            base.Dispose(disposing);
        }
    }
}
