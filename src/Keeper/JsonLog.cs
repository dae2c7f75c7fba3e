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
    private const int MaxLine = 16 * 1024;
    private readonly FileDescriptor _directory;
    private readonly LogOptions _options;
    private readonly Dictionary<string, LineBuffer> _partial = [];

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

    /// <summary>Adds output of a stream ("stdout" or "stderr"); complete lines reach the file before this returns.</summary>
    public void Append(string stream, ReadOnlySpan<byte> data)
    {
        if (!_partial.TryGetValue(stream, out LineBuffer? line))
            _partial[stream] = line = new LineBuffer();
        while (!data.IsEmpty)
        {
            int end = data.IndexOf((byte)'\n');
            int take = Math.Min(end < 0 ? data.Length : end + 1, MaxLine - line.Length);
            line.Add(data[..take]);
            data = data[take..];
            if (line.EndsLine || line.Length == MaxLine)
                Write(stream, line);
        }
        Flush();
    }

    /// <summary>Writes what has no line feed yet: the stream has ended.</summary>
    public void Finish()
    {
        foreach ((string stream, LineBuffer line) in _partial)
            if (line.Length > 0)
                Write(stream, line);
        Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _directory.Dispose();
    }

    private void Write(string stream, LineBuffer line)
    {
        // Rotation happens between lines: what is waiting goes out first when this line might not fit any more.
        if (_options.MaxSize > 0 && s_outLength > 0 && _size + s_outLength + line.Length + 80 > _options.MaxSize)
            Flush();
        Reserve((line.Length * 6) + 128);
        Raw("{\"log\":\""u8);
        Escape(line.Content);
        Raw("\",\"stream\":\""u8);
        s_outLength += Encoding.ASCII.GetBytes(stream, s_out.AsSpan(s_outLength));
        Raw("\",\"time\":\""u8);
        WriteTime();
        Raw("\"}\n"u8);
        line.Clear();
        if (s_outLength > 48 * 1024)
            Flush();
    }

    private void Raw(ReadOnlySpan<byte> text)
    {
        text.CopyTo(s_out.AsSpan(s_outLength));
        s_outLength += text.Length;
    }

    /// <summary>JSON string escapes; bytes that are not UTF-8 become U+FFFD.</summary>
    private void Escape(ReadOnlySpan<byte> text)
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

    private void EscapeControl(byte b)
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
    private void WriteTime()
    {
        DateTime now = DateTime.UtcNow;
        _ = Utf8Formatter.TryFormat(now, s_out.AsSpan(s_outLength), out int written, new System.Buffers.StandardFormat('O'));
        s_outLength += written - 1;
        Raw("00Z"u8);
    }

    private void Flush()
    {
        if (s_outLength == 0)
            return;
        if (_options.MaxSize > 0 && _size > 0 && _size + s_outLength > _options.MaxSize)
            Rotate();
        ReadOnlySpan<byte> rest = s_out.AsSpan(0, s_outLength);
        while (_file is not null && !rest.IsEmpty && Unistd.TryWrite(_file, rest, out int written) == Errno.None)
        {
            _size += written;
            rest = rest[written..];
        }
        s_outLength = 0;
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

    private void Reserve(int more)
    {
        if (s_outLength + more > s_out.Length)
            Flush();
        if (more > s_out.Length)
            Array.Resize(ref s_out, more);
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
