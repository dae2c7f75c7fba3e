using System.Buffers.Text;
using System.Text;
using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// A container's log in json-file framing: one object {"log","stream","time"} for each line, lines longer than 16 KiB in parts without a line
/// feed. Bounded: past MaxSize the file is renamed to .1, .1 to .2, and so on. A full disk loses log lines, never the container.
/// </summary>
internal sealed class JsonLog : IDisposable
{
    /// <summary>Longest line that is written in one object.</summary>
    public const int MaxLine = 16 * 1024;

    private readonly FileDescriptor _directory;
    private readonly LogOptions _options;
    private readonly LineBuffer?[] _lines = new LineBuffer?[3];

    // One buffer for all logs: the keeper has one thread, and every call leaves the buffer empty.
    private static byte[] s_out = new byte[64 * 1024];
    private static int s_outLength;
    private FileDescriptor? _file;
    private long _size;

    public JsonLog(FileDescriptor directory, LogOptions options)
    {
        _directory = directory;
        _options = options;
        Open();
    }

    /// <summary>
    /// Formats the complete lines of a stream's output (1 stdout, 2 stderr) for <see cref="Write"/> and keeps the beginning of the last one. Stops where
    /// the log has to be rotated first; returns how much was used, always something.
    /// </summary>
    public int Prepare(byte stream, ReadOnlySpan<byte> data)
    {
        LineBuffer line = Line(stream);
        int used = 0;
        while (used < data.Length)
        {
            ReadOnlySpan<byte> rest = data[used..];
            int end = rest.IndexOf((byte)'\n');
            int take = Math.Min(end < 0 ? rest.Length : end + 1, MaxLine - line.Length);
            // Rotation happens between lines, and one write is all in one file.
            if (s_outLength > 0 && (s_outLength > 48 * 1024 || !Fits(s_outLength + line.Length + take + 80)))
                break;
            line.Add(rest[..take]);
            used += take;
            if (line.EndsLine || line.Length == MaxLine)
                Format(stream, line);
        }
        return used;
    }

    /// <summary>Rotates when what is prepared would make the file too large. Returns the file's size.</summary>
    public long MakeRoom()
    {
        if (_size > 0 && !Fits(s_outLength))
            Rotate();
        return _size;
    }

    /// <summary>Writes what is prepared.</summary>
    public void Write()
    {
        ReadOnlySpan<byte> rest = s_out.AsSpan(0, s_outLength);
        long before = _size;
        while (_file is not null && !rest.IsEmpty && Unistd.TryWrite(_file, rest, out int written) == Errno.None)
        {
            _size += written;
            rest = rest[written..];
        }
        s_outLength = 0;
        // A full disk leaves no half of a line, to which the next one would be written.
        if (!rest.IsEmpty)
            CutBack(before);
    }

    /// <summary>The beginning of a line that has no end yet.</summary>
    public ReadOnlySpan<byte> Part(byte stream) => Line(stream).Content;

    /// <summary>Sets the beginning of a line that a keeper before this one has read.</summary>
    public void SetPart(byte stream, ReadOnlySpan<byte> part)
    {
        Line(stream).Clear();
        Line(stream).Add(part);
    }

    /// <summary>Undoes what was written past a size.</summary>
    public void CutBack(long size)
    {
        if (_file is null || size >= _size)
            return;
        Unistd.Truncate(_file, size);
        _size = size;
    }

    /// <summary>Writes what has no line feed yet: the streams have ended.</summary>
    public void Finish()
    {
        for (byte stream = 1; stream <= 2; stream++)
        {
            if (_lines[stream] is { Length: > 0 } line)
                Format(stream, line);
            _ = MakeRoom();
            Write();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _directory.Dispose();
    }

    private LineBuffer Line(byte stream) => _lines[stream] ??= new LineBuffer();

    private bool Fits(int more) => _options.MaxSize <= 0 || _size + more <= _options.MaxSize;

    private static void Format(byte stream, LineBuffer line)
    {
        Reserve((line.Length * 6) + 128);
        Raw("{\"log\":\""u8);
        Escape(line.Content);
        Raw("\",\"stream\":\""u8);
        Raw(stream == 1 ? "stdout"u8 : "stderr"u8);
        Raw("\",\"time\":\""u8);
        WriteTime();
        Raw("\"}\n"u8);
        line.Clear();
    }

    private static void Raw(ReadOnlySpan<byte> text)
    {
        text.CopyTo(s_out.AsSpan(s_outLength));
        s_outLength += text.Length;
    }

    /// <summary>JSON string escapes; bytes that are not UTF-8 become U+FFFD.</summary>
    private static void Escape(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            byte b = text[0];
            int used = 1;
            if (b is >= 0x20 and < 0x80 and not ((byte)'"' or (byte)'\\'))
                s_out[s_outLength++] = b;
            else if (b < 0x80)
                EscapeControl(b);
            else if (Rune.DecodeFromUtf8(text, out _, out used) == System.Buffers.OperationStatus.Done)
                Raw(text[..used]);
            else
                Raw("\ufffd"u8);
            text = text[used..];
        }
    }

    private static void EscapeControl(byte b)
    {
        ReadOnlySpan<byte> escape = b switch
        {
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            _ => "\\u00"u8,
        };
        Raw(escape);
        if (escape.Length == 4)
        {
            s_out[s_outLength++] = (byte)"0123456789abcdef"[b >> 4];
            s_out[s_outLength++] = (byte)"0123456789abcdef"[b & 15];
        }
    }

    /// <summary>RFC 3339 with nanosecond places; the clock itself has 100 ns.</summary>
    private static void WriteTime()
    {
        DateTime now = DateTime.UtcNow;
        _ = Utf8Formatter.TryFormat(now, s_out.AsSpan(s_outLength), out int written, new System.Buffers.StandardFormat('O'));
        s_outLength += written - 1;
        Raw("00Z"u8);
    }

    private void Rotate()
    {
        string name = _options.FileName;
        for (int i = _options.MaxFiles - 2; i >= 1; i--)
            _ = Unistd.TryRename(_directory, $"{name}.{i}", _directory, $"{name}.{i + 1}");
        _ = _options.MaxFiles > 1
            ? Unistd.TryRename(_directory, name, _directory, name + ".1")
            : Unistd.TryUnlink(_directory, name);
        Open();
    }

    private void Open()
    {
        _file?.Dispose();
        Errno errno = Fcntl.TryOpenAt(_directory, _options.FileName, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_APPEND | Fcntl.O_NOFOLLOW, 0x1a0 /* 0640 */, out FileDescriptor file);
        _file = errno == Errno.None ? file : null;
        _size = _file is null ? 0 : (long)Stat.Of(_file).Size;
    }

    private static void Reserve(int more)
    {
        if (s_outLength + more > s_out.Length)
            Array.Resize(ref s_out, s_outLength + more);
    }

    /// <summary>The part of a line that has arrived.</summary>
    private sealed class LineBuffer
    {
        private byte[] _bytes = new byte[256];

        public int Length { get; private set; }

        public bool EndsLine => Length > 0 && _bytes[Length - 1] == '\n';

        public ReadOnlySpan<byte> Content => _bytes.AsSpan(0, Length);

        public void Add(ReadOnlySpan<byte> data)
        {
            if (Length + data.Length > _bytes.Length)
                Array.Resize(ref _bytes, Math.Min(MaxLine, Math.Max(_bytes.Length * 4, Length + data.Length)));
            data.CopyTo(_bytes.AsSpan(Length));
            Length += data.Length;
        }

        public void Clear() => Length = 0;
    }
}
