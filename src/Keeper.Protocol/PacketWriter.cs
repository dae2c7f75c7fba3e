using System.Buffers.Binary;
using System.Text;

namespace Tare.Keeper.Protocol;

/// <summary>Builds one packet: type, request number, then the fields, little-endian; strings as length and UTF-8. Reusable after <see cref="Start"/>.</summary>
public sealed class PacketWriter
{
    /// <summary>Most bytes of one packet.</summary>
    public const int MaxPacket = 32 * 1024;

    private readonly byte[] _buffer = new byte[MaxPacket];
    private int _length;

    /// <summary>The packet so far.</summary>
    public ReadOnlySpan<byte> Packet => _buffer.AsSpan(0, _length);

    /// <summary>Begins a new packet.</summary>
    public PacketWriter Start(MessageType type, uint request)
    {
        _length = 0;
        return UInt32((uint)type).UInt32(request);
    }

    public PacketWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_length), value);
        _length += 4;
        return this;
    }

    public PacketWriter Int32(int value) => UInt32(unchecked((uint)value));

    public PacketWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += 8;
        return this;
    }

    public PacketWriter Text(string value)
    {
        int length = Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_length + 4));
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_length), length);
        _length += 4 + length;
        return this;
    }
}

/// <summary>Reads a packet's fields in the order they were written; a packet cut short throws <see cref="FormatException"/>.</summary>
public ref struct PacketReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads type and request number.</summary>
    public PacketReader(ReadOnlySpan<byte> packet)
    {
        _rest = packet;
        Type = (MessageType)UInt32();
        Request = UInt32();
    }

    public MessageType Type { get; }

    public uint Request { get; }

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public string Text() => Encoding.UTF8.GetString(Take(Int32()));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw new FormatException("keeper packet ends early");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
