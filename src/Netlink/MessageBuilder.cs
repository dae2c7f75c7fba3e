using System.Buffers.Binary;
using System.Text;

namespace Tare.Netlink;

/// <summary>
/// Builds one or more netlink messages with attributes in a growing buffer, for one send. Numbers are in host order unless the method says
/// big-endian. Not thread-safe; made for one request and dropped.
/// </summary>
public sealed class MessageBuilder
{
    private const int HeaderSize = 16;
    private const int Nested = 0x8000;
    private byte[] _buffer = new byte[1024];
    private int _length;
    private int _message = -1;

    /// <summary>How many messages were begun; message i carries sequence number <see cref="FirstSequence"/> + i.</summary>
    public int Count { get; private set; }

    /// <summary>Sequence number of the first message, set when the socket sends.</summary>
    public uint FirstSequence { get; private set; }

    /// <summary>Bytes so far.</summary>
    public int Length => _length;

    /// <summary>Starts a message with its fixed family header; the previous one ends here.</summary>
    public MessageBuilder Begin(int type, MessageFlags flags, ReadOnlySpan<byte> familyHeader)
    {
        Finish();
        _message = _length;
        Span<byte> header = Take(HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)(flags | MessageFlags.Request));
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)Count++);
        Append(familyHeader);
        return this;
    }

    /// <summary>Raw bytes as part of the current message or attribute, padded to four bytes.</summary>
    public MessageBuilder Append(ReadOnlySpan<byte> data)
    {
        data.CopyTo(Take(data.Length));
        _ = Take(-data.Length & 3);
        return this;
    }

    /// <summary>An attribute with raw bytes.</summary>
    public MessageBuilder Put(int type, ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue - 4)
            throw new ArgumentException("a netlink attribute holds at most 65531 bytes", nameof(value));
        Span<byte> header = Take(4);
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(value.Length + 4));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)type);
        return Append(value);
    }

    /// <summary>An attribute with a zero-terminated string.</summary>
    public MessageBuilder Put(int type, string value) => Put(type, Encoding.UTF8.GetBytes(value + "\0"));

    /// <summary>An attribute of one byte.</summary>
    public MessageBuilder PutByte(int type, byte value) => Put(type, [value]);

    /// <summary>An attribute of 32 bits in host order.</summary>
    public MessageBuilder PutInt(int type, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Put(type, bytes);
    }

    /// <summary>An attribute of 32 bits in network order, as nf_tables wants every number.</summary>
    public MessageBuilder PutBig(int type, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return Put(type, bytes);
    }

    /// <summary>Opens a nested attribute; <see cref="Unnest"/> closes it with the returned mark.</summary>
    public int Nest(int type, bool flagged = true)
    {
        int mark = _length;
        Span<byte> header = Take(4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)(flagged ? type | Nested : type));
        return mark;
    }

    /// <summary>Closes a nested attribute.</summary>
    public MessageBuilder Unnest(int mark)
    {
        int size = _length - mark;
        if (size > ushort.MaxValue)
            throw new InvalidOperationException("a nested netlink attribute holds at most 65535 bytes");
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(mark), (ushort)size);
        return this;
    }

    /// <summary>Adds a flag to the message begun last.</summary>
    public void AddFlags(MessageFlags flags)
    {
        Span<byte> at = _buffer.AsSpan(_message + 6);
        BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(at) | (ushort)flags));
    }

    /// <summary>The finished bytes; sequence numbers start at <paramref name="firstSequence"/>.</summary>
    public ReadOnlySpan<byte> Complete(uint firstSequence)
    {
        Finish();
        FirstSequence = firstSequence;
        uint sequence = firstSequence;
        for (int at = 0; at < _length; at += (int)BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(at)))
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(at + 8), sequence++);
        return _buffer.AsSpan(0, _length);
    }

    private void Finish()
    {
        if (_message >= 0)
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_message), (uint)(_length - _message));
    }

    private Span<byte> Take(int count)
    {
        if (_length + count > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        Span<byte> span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }
}
