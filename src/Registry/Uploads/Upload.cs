using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;

namespace Tare.Registry.Uploads;

/// <summary>
/// One blob that is arriving: a file and the hash of what it holds so far. The file alone outlives the process; after a restart its hash is computed anew.
/// One request at a time has the upload, see <see cref="UploadStore.TakeAsync"/>.
/// </summary>
internal sealed class Upload : IDisposable
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int RehashBuffer = 1 << 20;

    /// <summary>Each so many bytes the disk is set to work, so that the fsync of the commit waits for the last ones only.</summary>
    private const int WritebackSize = 8 << 20;

    /// <summary>Fewer bytes are hashed sooner than another thread is awake.</summary>
    private const int HashApart = 64 * 1024;

    private IncrementalHash? _hash;
    private string _hashed;
    private long _writtenBack;

    public Upload(string id, string file, UploadRecord record)
    {
        Id = id;
        File = file;
        Record = record;
        Touched = record.Started;
        _hashed = record.Algorithm;
        Length = new FileInfo(file) is { Exists: true } found ? found.Length : 0;
        if (Length == 0)
            _hash = NewHash(record.Algorithm);
    }

    public string Id { get; }

    public string File { get; }

    public UploadRecord Record { get; }

    /// <summary>Bytes that have arrived.</summary>
    public long Length { get; private set; }

    /// <summary>When a request last used it.</summary>
    public DateTimeOffset Touched { get; set; }

    /// <summary>One request at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>True when it was finished or cancelled while a request waited for its turn.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Its file is in the store or removed.</summary>
    public void End()
    {
        IsOver = true;
        _hash?.Dispose();
        _hash = null;
    }

    /// <summary>
    /// Appends a body to its end. What arrived before a break stays, so that the client can go on from there. <paramref name="room"/> bounds the blob's
    /// whole length; beyond it the client is refused and the upload keeps what it had.
    /// </summary>
    public async Task<long> AppendAsync(PipeReader body, long room)
    {
        long before = Length;
        using SafeFileHandle file = System.IO.File.OpenHandle(File, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        while (true)
        {
            ReadResult read = await body.ReadAsync();
            if (Length + read.Buffer.Length > room)
            {
                body.AdvanceTo(read.Buffer.End);
                throw new RegistryException(ErrorCode.Denied, $"quota exceeded: the repository has room for {Math.Max(0, room)} more bytes");
            }
            await AppendAsync(file, read.Buffer);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return Length - before;
            if (read.IsCanceled)
                throw new OperationCanceledException();
        }
    }

    /// <summary>Appends bytes that the registry itself fetched.</summary>
    public void Append(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        bool written = false;
        try
        {
            Write(file, bytes);
            written = true;
        }
        finally
        {
            if (!written)
                ForgetHash(file);
        }
        _hash?.AppendData(bytes);
    }

    /// <summary>Many bytes are hashed on another processor while they are written.</summary>
    private async ValueTask AppendAsync(SafeFileHandle file, ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length < HashApart || _hash is not { } hash)
        {
            foreach (ReadOnlyMemory<byte> part in bytes)
                Append(file, part.Span);
            return;
        }
        Task hashing = Task.Run(() =>
        {
            foreach (ReadOnlyMemory<byte> part in bytes)
                hash.AppendData(part.Span);
        });
        bool written = false;
        try
        {
            foreach (ReadOnlyMemory<byte> part in bytes)
                Write(file, part.Span);
            written = true;
        }
        finally
        {
            await hashing;
            if (!written)
                ForgetHash(file);
        }
    }

    private void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, Length);
        }
        catch (IOException error)
        {
            throw Translate(error);
        }
        Length += bytes.Length;
        if (Length - _writtenBack < WritebackSize)
            return;
        Fcntl.StartWriteback(file, _writtenBack, Length - _writtenBack);
        _writtenBack = Length;
    }

    // After a write that failed nobody knows what the hash should have seen: it is computed anew from the file.
    private void ForgetHash(SafeFileHandle file)
    {
        _hash?.Dispose();
        _hash = null;
        Length = RandomAccess.GetLength(file);
    }

    /// <summary>
    /// Makes the file durable and checks it against the digest that the client promised; a mismatch is DIGEST_INVALID and leaves the upload as it is.
    /// </summary>
    public void Verify(Digest wanted)
    {
        using SafeFileHandle file = System.IO.File.OpenHandle(File, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (_hash is null || wanted.Algorithm != _hashed)
            Rehash(file, wanted.Algorithm);
        Digest got = Digest.FromHash(_hash!.GetCurrentHash());
        if (got != wanted)
            throw RegistryException.DigestInvalid($"provided digest did not match uploaded content: {Length} bytes have {got}");
        try
        {
            RandomAccess.FlushToDisk(file);
        }
        catch (IOException error)
        {
            throw Translate(error);
        }
    }

    public void Dispose()
    {
        _hash?.Dispose();
        Turn.Dispose();
    }

    /// <summary>A full disk in the domain's words.</summary>
    public static TareException Translate(IOException error) => error.HResult is NoSpace or QuotaExceeded
        ? new TareException(ErrorKind.OutOfSpace, "the registry's disk is full", error)
        : TareException.Internal("write an upload", error);

    private void Rehash(SafeFileHandle file, string algorithm)
    {
        _hash?.Dispose();
        _hash = NewHash(algorithm);
        _hashed = algorithm;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(RehashBuffer);
        try
        {
            long offset = 0;
            for (int read; (read = RandomAccess.Read(file, buffer, offset)) > 0; offset += read)
                _hash.AppendData(buffer, 0, read);
            Length = offset;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IncrementalHash NewHash(string algorithm) =>
        IncrementalHash.CreateHash(algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
}
