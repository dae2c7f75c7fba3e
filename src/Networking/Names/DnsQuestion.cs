using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tare.Networking.Names;

/// <summary>Record types that the embedded server answers itself (RFC 1035, RFC 3596).</summary>
public enum DnsType
{
    A = 1,
    Ptr = 12,
    Opt = 41,
    Aaaa = 28,
}

/// <summary>Response codes (RFC 1035 section 4.1.1).</summary>
public enum DnsCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NotImplemented = 4,
}

/// <summary>
/// One parsed DNS query: the question, and how large an answer the client takes. Parsing trusts no length or pointer in the packet.
/// </summary>
public sealed record DnsQuestion(ushort Id, bool RecursionDesired, string Name, DnsType Type, ushort Class, int QuestionLength, int MaxAnswer, bool HasEdns)
{
    public const int HeaderSize = 12;
    public const int InternetClass = 1;
    private const int MinAnswer = 512;
    private const int MaxName = 255;

    /// <summary>
    /// Parses a query. False with <paramref name="error"/> null: not worth an answer (too short, or itself an answer); with a code: answer that.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, [NotNullWhen(true)] out DnsQuestion? question, out DnsCode? error)
    {
        question = null;
        error = null;
        if (packet.Length < HeaderSize || (packet[2] & 0x80) != 0)
            return false;
        if ((packet[2] & 0x78) != 0)
        {
            error = DnsCode.NotImplemented;
            return false;
        }
        error = DnsCode.FormatError;
        int additional = BinaryPrimitives.ReadUInt16BigEndian(packet[10..]);
        // One question, no answers; at most a few additional records (EDNS, a signature, a cookie).
        if (BinaryPrimitives.ReadUInt16BigEndian(packet[4..]) != 1 || BinaryPrimitives.ReadUInt32BigEndian(packet[6..]) != 0 || additional > 4)
            return false;
        int at = HeaderSize;
        if (!TryReadName(packet, ref at, out string name) || at + 4 > packet.Length)
            return false;
        var type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(packet[at..]);
        ushort @class = BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]);
        int end = at + 4;
        if (!TryReadEdns(packet, end, additional, out int size))
            return false;
        error = null;
        question = new DnsQuestion(BinaryPrimitives.ReadUInt16BigEndian(packet), (packet[2] & 1) != 0, name, type, @class, end - HeaderSize,
            Math.Max(size, MinAnswer), size > 0);
        return true;
    }

    /// <summary>Reads a name without compression, which has no place in a question; lower case, no trailing dot.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> packet, ref int at, out string name)
    {
        var text = new StringBuilder();
        int start = at;
        name = "";
        while (true)
        {
            if (at >= packet.Length)
                return false;
            int length = packet[at++];
            if (length == 0)
                break;
            if (length > 63 || at + length > packet.Length || at + length - start > MaxName)
                return false;
            if (text.Length > 0)
                _ = text.Append('.');
            foreach (byte character in packet.Slice(at, length))
                _ = text.Append(char.ToLowerInvariant((char)character));
            at += length;
        }
        name = text.ToString();
        return true;
    }

    private static bool TryReadEdns(ReadOnlySpan<byte> packet, int at, int records, out int size)
    {
        size = 0;
        for (int i = 0; i < records; i++)
        {
            if (!TryReadName(packet, ref at, out _) || at + 10 > packet.Length)
                return false;
            int type = BinaryPrimitives.ReadUInt16BigEndian(packet[at..]);
            if (type == (int)DnsType.Opt)
                size = BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]);
            at += 10 + BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 8)..]);
            if (at > packet.Length)
                return false;
        }
        return true;
    }
}
