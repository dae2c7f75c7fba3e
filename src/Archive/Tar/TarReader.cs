using Tare.Errors;

namespace Tare.Archive.Tar;

/// <summary>
/// Reads a tar front to back: ustar, pax, GNU long names, base-256 numbers; sparse entries are refused. The stream is untrusted: whatever it
/// holds, the answer is an entry, the end, or a TareException, in bounded memory. Not thread-safe.
/// </summary>
public sealed class TarReader
{
    private const int MaxHeaderBytes = 1 << 20;

    private readonly Stream _stream;
    private readonly byte[] _block = new byte[TarField.BlockSize];
    private readonly PaxRecords _global = new();
    private readonly PaxRecords _records = new();
    private string? _longName;
    private string? _longLink;
    private long _left;
    private int _padding;
    private bool _ended;

    /// <summary>Reads from a stream, which stays the caller's; it should serve small reads from memory.</summary>
    public TarReader(Stream stream) => _stream = stream;

    /// <summary>The next entry, or null at the end of the archive. What is left of the current entry's content is skipped.</summary>
    public TarEntry? Next()
    {
        _records.Clear();
        _records.AddAll(_global);
        _longName = _longLink = null;
        while (!_ended)
        {
            Skip();
            if (!ReadHeader())
                break;
            char type = (char)_block[156];
            long size = TarField.Number(_block.AsSpan(124, 12), "size");
            if (size < 0)
                throw TareException.Invalid("broken archive: negative size");
            switch (type)
            {
                case 'x' or 'X':
                    _records.Parse(ReadMeta(size));
                    break;
                case 'g':
                    _global.Parse(ReadMeta(size));
                    _records.AddAll(_global);
                    break;
                case 'L':
                    _longName = TarField.Text(ReadMeta(size));
                    break;
                case 'K':
                    _longLink = TarField.Text(ReadMeta(size));
                    break;
                case 'V':
                    Begin(size);
                    break;
                case 'S':
                    throw new TareException(ErrorKind.NotSupported, "sparse files in a tar archive are not supported: write it without --sparse");
                default:
                    return MakeEntry(type, size);
            }
        }
        return null;
    }

    /// <summary>Reads content of the current entry; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        int read = _stream.Read(buffer[..(int)Math.Min(_left, buffer.Length)]);
        if (read == 0)
            throw Truncated();
        _left -= read;
        return read;
    }

    /// <summary>The rest of the current entry as one array; more than <paramref name="limit"/> bytes is InvalidArgument.</summary>
    public byte[] ReadAll(int limit, string what)
    {
        if (_left > limit)
            throw TareException.Invalid($"{what} in the archive is larger than {limit} bytes");
        byte[] content = new byte[_left];
        for (int done = 0; done < content.Length;)
            done += Read(content.AsSpan(done));
        return content;
    }

    /// <summary>Reads the stream to its end, past the archive's end marker, so that a digest covers every byte.</summary>
    public void Drain()
    {
        byte[] buffer = new byte[1 << 16];
        while (_stream.Read(buffer) > 0)
        {
        }
    }

    private TarEntry MakeEntry(char flag, long headerSize)
    {
        string name = _records.Text("path") ?? _longName ?? HeaderName();
        TarEntryType type = flag switch
        {
            '0' or '\0' or '7' => flag == '\0' && name.EndsWith('/') ? TarEntryType.Directory : TarEntryType.File,
            >= '1' and <= '6' => (TarEntryType)flag,
            _ => throw TareException.Invalid($"broken archive: entry {name} has the unknown type 0x{(int)flag:x2}"),
        };
        long size = type == TarEntryType.File ? _records.Number("size") ?? headerSize : 0;
        if (size < 0)
            throw TareException.Invalid($"broken archive: entry {name} has a negative size");
        (long seconds, uint nanoseconds) = _records.Time("mtime") ?? (TarField.Number(_block.AsSpan(136, 12), "time"), 0u);
        bool device = type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice;
        var entry = new TarEntry
        {
            Type = type,
            Name = name,
            LinkName = _records.Text("linkpath") ?? _longLink ?? TarField.Text(_block.AsSpan(157, 100)),
            Mode = (uint)TarField.Number(_block.AsSpan(100, 8), "mode") & 0xfff,
            UserId = Id(_records.Number("uid") ?? TarField.Number(_block.AsSpan(108, 8), "owner"), name),
            GroupId = Id(_records.Number("gid") ?? TarField.Number(_block.AsSpan(116, 8), "group"), name),
            Size = size,
            ModifiedSeconds = seconds,
            ModifiedNanoseconds = nanoseconds,
            DeviceMajor = device ? Id(TarField.Number(_block.AsSpan(329, 8), "device"), name) : 0,
            DeviceMinor = device ? Id(TarField.Number(_block.AsSpan(337, 8), "device"), name) : 0,
            Xattrs = _records.Count > 0 ? _records.Xattrs() : null,
        };
        Begin(size);
        return entry;
    }

    // The prefix field exists in POSIX headers only; GNU's ("ustar  ") has times there.
    private string HeaderName()
    {
        string name = TarField.Text(_block.AsSpan(0, 100));
        string prefix = _block.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? TarField.Text(_block.AsSpan(345, 155)) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    // The kernel takes (uid_t)-1 for "leave it as it is", so it is no owner.
    private static uint Id(long value, string name) =>
        value is >= 0 and < uint.MaxValue ? (uint)value : throw TareException.Invalid($"broken archive: entry {name} has the invalid owner or device number {value}");

    private byte[] ReadMeta(long size)
    {
        if (size > MaxHeaderBytes)
            throw TareException.Invalid($"broken archive: an extended header of {size} bytes");
        Begin(size);
        return ReadAll(MaxHeaderBytes, "extended header");
    }

    private void Begin(long size)
    {
        _left = size;
        _padding = (int)((TarField.BlockSize - (size % TarField.BlockSize)) % TarField.BlockSize);
    }

    private void Skip()
    {
        Span<byte> waste = stackalloc byte[4096];
        while (_left > 0)
            _ = Read(waste);
        if (_padding > 0)
            ReadExactly(waste[.._padding]);
        _padding = 0;
    }

    // False at the end: two zero blocks, or an end of file between entries, which other readers accept too.
    private bool ReadHeader()
    {
        for (int zeros = 0; ; zeros++)
        {
            int read = 0;
            while (read < TarField.BlockSize && _stream.Read(_block.AsSpan(read)) is var n and > 0)
                read += n;
            _ended = read == 0 || zeros == 1;
            if (read == 0)
                return false;
            if (read < TarField.BlockSize)
                throw Truncated();
            bool empty = !_block.AsSpan().ContainsAnyExcept((byte)0);
            if (empty && zeros == 0)
                continue;
            if (empty)
                return false;
            _ended = false;
            return TarField.ChecksumMatches(_block) ? true : throw TareException.Invalid("not a tar archive, or a broken one: wrong header checksum");
        }
    }

    private void ReadExactly(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int read = _stream.Read(buffer);
            if (read == 0)
                throw Truncated();
            buffer = buffer[read..];
        }
    }

    private static TareException Truncated() => TareException.Invalid("broken archive: it ends in the middle of an entry");
}
