using System.Buffers.Binary;

namespace Tare.EngineApi.Streams;

/// <summary>Which of a container's streams a frame belongs to.</summary>
public enum StreamKind : byte
{
    /// <summary>Standard input; only in frames an engine echoes.</summary>
    Stdin = 0,

    /// <summary>Standard output.</summary>
    Stdout = 1,

    /// <summary>Standard error.</summary>
    Stderr = 2,

    /// <summary>A message of the engine itself that ends the stream.</summary>
    SystemError = 3,
}

/// <summary>The eight bytes before each piece of a multiplexed stream: kind, three zeros, length as a big-endian 32-bit number.</summary>
public readonly record struct StreamFrame(StreamKind Kind, int Length)
{
    /// <summary>Bytes of an encoded frame header.</summary>
    public const int HeaderSize = 8;

    /// <summary>Media type of a stream that has these frames.</summary>
    public const string MultiplexedMediaType = "application/vnd.docker.multiplexed-stream";

    /// <summary>Media type of a terminal's stream, and of every hijacked stream before API 1.42.</summary>
    public const string RawMediaType = "application/vnd.docker.raw-stream";

    /// <summary>Writes the header into the first eight bytes.</summary>
    public void Write(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)Kind << 24);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], (uint)Length);
    }

    /// <summary>Reads a header; false when it is not one: an unknown kind, padding that is not zero, or a length above 2 GiB.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, out StreamFrame frame)
    {
        frame = default;
        if (header.Length < HeaderSize || header[0] > (byte)StreamKind.SystemError || (header[1] | header[2] | header[3]) != 0)
            return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (length > int.MaxValue)
            return false;
        frame = new StreamFrame((StreamKind)header[0], (int)length);
        return true;
    }
}
