using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Tare.EngineApi;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>
/// Sends lines to journald in its native protocol: one datagram of fields a line; what is too long for a datagram goes as a sealed memory file
/// (systemd's "Native Journal Protocol").
/// </summary>
internal sealed class JournaldSink : ILogSink
{
    private readonly LogSource _source;
    private readonly string _path;
    private readonly byte[] _fixed;
    private FileDescriptor? _socket;
    private ulong _ordinal;

    internal JournaldSink(LogSource source, string path)
    {
        (_source, _path) = (source, path);
        _fixed = FixedFields();
    }

    /// <inheritdoc/>
    public Task ConnectAsync(CancellationToken cancellation)
    {
        _socket?.Dispose();
        _socket = Socket.Create(Socket.AF_UNIX, Socket.SOCK_DGRAM);
        Errno errno = Socket.TryConnectUnix(_socket, _path);
        return errno == Errno.None ? Task.CompletedTask
            : throw new TareException(ErrorKind.Unavailable, $"journald is not enabled on this host: {_path}: {errno.Describe()}");
    }

    /// <inheritdoc/>
    public Task SendAsync(LogLine line, CancellationToken cancellation)
    {
        byte[] message = Write(line);
        Errno errno = Socket.TrySend(Connected, message);
        if (errno is Errno.EMSGSIZE or Errno.ENOBUFS)
        {
            using FileDescriptor file = Memfd.CreateSealed("journal", message);
            errno = Socket.TrySend(Connected, [], [file]);
        }
        return errno == Errno.None ? Task.CompletedTask : throw new IOException($"send to {_path}: {errno.Describe()}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _socket?.Dispose();
        _socket = null;
        return ValueTask.CompletedTask;
    }

    private FileDescriptor Connected => _socket ?? throw new IOException("not connected");

    private byte[] Write(LogLine line)
    {
        using MemoryStream message = new();
        Field(message, "MESSAGE", line.Text.Span);
        Field(message, "PRIORITY", line.IsError ? "3" : "6");
        Field(message, "SYSLOG_TIMESTAMP", GoTime.Format(line.Time));
        Field(message, "CONTAINER_LOG_ORDINAL", (++_ordinal).ToString(CultureInfo.InvariantCulture));
        if (line.Part is { } part)
        {
            Field(message, "CONTAINER_PARTIAL_ID", part.Id);
            Field(message, "CONTAINER_PARTIAL_ORDINAL", part.Ordinal.ToString(CultureInfo.InvariantCulture));
            Field(message, "CONTAINER_PARTIAL_LAST", part.IsLast ? "true" : "false");
            if (!part.IsLast)
                Field(message, "CONTAINER_PARTIAL_MESSAGE", "true");
        }
        message.Write(_fixed);
        return message.ToArray();
    }

    private byte[] FixedFields()
    {
        using MemoryStream fields = new();
        Field(fields, "CONTAINER_ID", _source.Id[..12]);
        Field(fields, "CONTAINER_ID_FULL", _source.Id);
        Field(fields, "CONTAINER_NAME", _source.Name);
        Field(fields, "CONTAINER_TAG", _source.Tag);
        Field(fields, "IMAGE_NAME", _source.ImageName);
        Field(fields, "SYSLOG_IDENTIFIER", _source.Tag);
        Field(fields, "CONTAINER_LOG_EPOCH", Guid.NewGuid().ToString("N"));
        foreach ((string name, string value) in _source.Attributes)
        {
            if (FieldName(name) is { Length: > 0 } field)
                Field(fields, field, value);
        }
        return fields.ToArray();
    }

    /// <summary>Upper case letters, digits and underscores, none of these at the beginning, 64 at most.</summary>
    internal static string FieldName(string name)
    {
        string plain = string.Concat(name.ToUpperInvariant().Select(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) ? c : '_')).TrimStart('_');
        return plain.Length > 64 ? plain[..64] : plain;
    }

    private static void Field(MemoryStream message, string name, string value) => Field(message, name, Encoding.UTF8.GetBytes(value));

    /// <summary>NAME=value and a line feed; a value that has one goes with its length before it.</summary>
    private static void Field(MemoryStream message, string name, ReadOnlySpan<byte> value)
    {
        message.Write(Encoding.ASCII.GetBytes(name));
        if (value.Contains((byte)'\n'))
        {
            Span<byte> length = stackalloc byte[9];
            length[0] = (byte)'\n';
            BinaryPrimitives.WriteUInt64LittleEndian(length[1..], (ulong)value.Length);
            message.Write(length);
        }
        else
        {
            message.WriteByte((byte)'=');
        }
        message.Write(value);
        message.WriteByte((byte)'\n');
    }
}
