using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>What a keeper was doing to a log when it died.</summary>
/// <param name="Written">The log and the part file were complete; only taking the bytes from the pipe may be missing.</param>
/// <param name="Stream">1 or 2.</param>
/// <param name="Data">The output it was about.</param>
/// <param name="LogSize">Of the log file before.</param>
/// <param name="HasPart">A line without an end was left, in the new part file.</param>
internal sealed record JournalEntry(bool Written, byte Stream, byte[] Data, long LogSize, bool HasPart);

/// <summary>
/// The one batch of output that is between a pipe and a log: a memory-mapped file, so that a keeper killed at any instruction leaves word of what it
/// was doing, and the next one neither repeats nor loses a byte. One for all logs, as the keeper has one thread.
/// </summary>
internal sealed class LogJournal : IDisposable
{
    private const string FileName = "journal";
    private const int HeaderSize = 256;
    private const int KeyOffset = 64;
    private const int MaxKey = HeaderSize - KeyOffset;
    private const int DataSize = 64 * 1024;
    private const int Idle = 0;
    private const int Writing = 1;
    private const int IsWritten = 2;
    private readonly MappedFile _file;

    /// <summary>Begins a new journal; an entry that a keeper before this one left waits under the name of its process.</summary>
    public LogJournal(StreamDirectory streams)
    {
        SetAside(streams.Handle);
        using FileDescriptor file = Fcntl.OpenAt(streams.Handle, FileName, Fcntl.O_RDWR | Fcntl.O_CREAT, 0x180);
        _file = new MappedFile(file, HeaderSize + DataSize);
        Clear();
    }

    /// <summary>Peeks without taking.</summary>
    public PipePeek Peek { get; } = new();

    /// <summary>Where a batch is read to.</summary>
    public Span<byte> Data => _file.Bytes[HeaderSize..];

    /// <summary>The log is about to be written with <paramref name="length"/> bytes of <see cref="Data"/>.</summary>
    public void Begin(string key, byte stream, int offset, int length, long logSize, bool hasPart)
    {
        Span<byte> header = _file.Bytes[..HeaderSize];
        header[4] = stream;
        header[5] = hasPart ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], length);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], logSize);
        int keyLength = Encoding.UTF8.GetBytes(key, header.Slice(KeyOffset, MaxKey));
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], keyLength);
        SetState(Writing);
    }

    /// <summary>The log has it; the pipe still has it too.</summary>
    public void Written() => SetState(IsWritten);

    /// <summary>The pipe does not have it any more.</summary>
    public void Clear() => SetState(Idle);

    /// <summary>The entry that waits for a process, or null.</summary>
    public static JournalEntry? Find(StreamDirectory streams, string key)
    {
        if (Fcntl.TryOpenAt(streams.Handle, StreamDirectory.EntryName(key), Fcntl.O_RDONLY, 0, out FileDescriptor file) != Errno.None)
            return null;
        using (file)
        {
            byte[] bytes = ReadAll(file);
            return bytes.Length < HeaderSize + DataSize || BinaryPrimitives.ReadInt32LittleEndian(bytes) == Idle ? null : new JournalEntry(
                BinaryPrimitives.ReadInt32LittleEndian(bytes) == IsWritten,
                bytes[4],
                bytes.AsSpan(HeaderSize + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12))).ToArray(),
                BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)),
                bytes[5] != 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        Peek.Dispose();
    }

    /// <summary>Not reordered with the stores before it: the entry is whole when its state says so.</summary>
    private void SetState(int state) => Volatile.Write(ref MemoryMarshal.AsRef<int>(_file.Bytes), state);

    private static void SetAside(FileDescriptor directory)
    {
        if (Fcntl.TryOpenAt(directory, FileName, Fcntl.O_RDONLY, 0, out FileDescriptor file) != Errno.None)
            return;
        using (file)
        {
            byte[] header = new byte[HeaderSize];
            if (Unistd.TryRead(file, header, out int read) != Errno.None || read < HeaderSize || BinaryPrimitives.ReadInt32LittleEndian(header) == Idle)
                return;
            string key = Encoding.UTF8.GetString(header, KeyOffset, Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(24)), 0, MaxKey));
            _ = Unistd.TryRename(directory, FileName, directory, StreamDirectory.EntryName(key));
        }
    }

    private static byte[] ReadAll(FileDescriptor file)
    {
        byte[] bytes = new byte[HeaderSize + DataSize];
        int length = 0;
        while (length < bytes.Length && Unistd.TryRead(file, bytes.AsSpan(length), out int read) == Errno.None && read > 0)
            length += read;
        return bytes[..length];
    }
}
