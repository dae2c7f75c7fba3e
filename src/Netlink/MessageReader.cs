using System.Buffers.Binary;

namespace Tare.Netlink;

/// <summary>Walks the messages of one received datagram; stops at a header whose length lies.</summary>
public ref struct MessageReader
{
    public const int Error = 2;
    public const int Done = 3;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads a datagram.</summary>
    public MessageReader(ReadOnlySpan<byte> datagram) => _rest = datagram;

    /// <summary>Message type: <see cref="Error"/>, <see cref="Done"/> or the family's own.</summary>
    public int Type { get; private set; }

    /// <summary>Header flags.</summary>
    public MessageFlags Flags { get; private set; }

    /// <summary>Sequence number of the request that this answers.</summary>
    public uint Sequence { get; private set; }

    /// <summary>Port id of the socket that caused this message.</summary>
    public uint Port { get; private set; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Moves to the next message; false at the end.</summary>
    public bool Read()
    {
        if (_rest.Length < 16)
            return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (length < 16 || length > _rest.Length)
            return false;
        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
        Flags = (MessageFlags)BinaryPrimitives.ReadUInt16LittleEndian(_rest[6..]);
        Sequence = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        Port = BinaryPrimitives.ReadUInt32LittleEndian(_rest[12..]);
        Payload = _rest[16..(int)length];
        _rest = _rest[Math.Min((int)((length + 3) & ~3u), _rest.Length)..];
        return true;
    }
}
