using System.Buffers.Binary;
using System.Text;

namespace Tare.Netlink;

/// <summary>Walks the attributes of a received message; a length that lies ends the walk instead of reading past the data.</summary>
public ref struct AttributeReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads from the first attribute on (behind the family header).</summary>
    public AttributeReader(ReadOnlySpan<byte> attributes)
    {
        _rest = attributes;
        Value = default;
        Type = 0;
    }

    /// <summary>Type of the current attribute without the nested and byte-order flags.</summary>
    public int Type { get; private set; }

    /// <summary>Payload of the current attribute.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The payload as a string without its terminating zero.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Value.TrimEnd((byte)0));

    /// <summary>The payload as 32 bits in host order; 0 when too short.</summary>
    public readonly int Int => Value.Length < 4 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(Value);

    /// <summary>The payload as 32 bits in network order; 0 when too short.</summary>
    public readonly int BigInt => Value.Length < 4 ? 0 : BinaryPrimitives.ReadInt32BigEndian(Value);

    /// <summary>Moves to the next attribute; false at the end.</summary>
    public bool Read()
    {
        if (_rest.Length < 4)
            return false;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        if (length < 4 || length > _rest.Length)
            return false;
        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) & 0x3fff;
        Value = _rest[4..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
