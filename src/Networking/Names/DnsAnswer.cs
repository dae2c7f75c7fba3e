using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tare.Networking.Names;

/// <summary>Writes answers of the embedded server. Pure.</summary>
public static class DnsAnswer
{
    private const int TimeToLive = 600;
    private const int EdnsSize = 1232;
    private const int EdnsRecordLength = 11;

    /// <summary>Addresses for the question's name, cut (with the truncation bit) where the client's limit ends; an empty list says "no such data".</summary>
    public static byte[] Addresses(ReadOnlySpan<byte> query, DnsQuestion question, IReadOnlyList<IPAddress> addresses, int limit)
    {
        AddressFamily family = question.Type == DnsType.Aaaa ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        byte[][] data = [.. addresses.Where(a => a.AddressFamily == family).Select(a => a.GetAddressBytes())];
        Random.Shared.Shuffle(data);
        return Write(query, question, data, limit);
    }

    /// <summary>The name of an address.</summary>
    public static byte[] Pointer(ReadOnlySpan<byte> query, DnsQuestion question, string name, int limit)
    {
        var data = new List<byte>();
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            byte[] bytes = Encoding.ASCII.GetBytes(label.Length > 63 ? label[..63] : label);
            data.Add((byte)bytes.Length);
            data.AddRange(bytes);
        }
        data.Add(0);
        return Write(query, question, [[.. data]], limit);
    }

    /// <summary>An answer that holds a code only. The question is repeated when it could be parsed.</summary>
    public static byte[] Failure(ReadOnlySpan<byte> query, DnsQuestion? question, DnsCode code)
    {
        byte[] answer = new byte[DnsQuestion.HeaderSize + (question?.QuestionLength ?? 0)];
        query[..answer.Length].CopyTo(answer);
        WriteHeader(answer, query, question is not null, 0, 0, code, truncated: false);
        return answer;
    }

    private static byte[] Write(ReadOnlySpan<byte> query, DnsQuestion question, byte[][] data, int limit)
    {
        int start = DnsQuestion.HeaderSize + question.QuestionLength;
        int edns = question.HasEdns ? EdnsRecordLength : 0;
        int count = 0, length = start;
        while (count < data.Length && length + 12 + data[count].Length + edns <= limit)
            length += 12 + data[count++].Length;
        byte[] answer = new byte[length + edns];
        query[..start].CopyTo(answer);
        WriteHeader(answer, query, true, count, question.HasEdns ? 1 : 0, DnsCode.NoError, count < data.Length);
        int at = start;
        foreach (byte[] record in data.AsSpan(0, count))
        {
            Span<byte> to = answer.AsSpan(at);
            BinaryPrimitives.WriteUInt16BigEndian(to, 0xc000 | DnsQuestion.HeaderSize); // the question's name
            BinaryPrimitives.WriteUInt16BigEndian(to[2..], (ushort)question.Type);
            BinaryPrimitives.WriteUInt16BigEndian(to[4..], DnsQuestion.InternetClass);
            BinaryPrimitives.WriteInt32BigEndian(to[6..], TimeToLive);
            BinaryPrimitives.WriteUInt16BigEndian(to[10..], (ushort)record.Length);
            record.CopyTo(to[12..]);
            at += 12 + record.Length;
        }
        if (edns > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at + 1), (ushort)DnsType.Opt);
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(at + 3), EdnsSize);
        }
        return answer;
    }

    private static void WriteHeader(byte[] answer, ReadOnlySpan<byte> query, bool question, int answers, int additional, DnsCode code, bool truncated)
    {
        answer[2] = (byte)(0x80 | (query[2] & 0x79) | (truncated ? 2 : 0));
        answer[3] = (byte)(0x80 | (int)code);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(4), (ushort)(question ? 1 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(6), (ushort)answers);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(8), 0);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(10), (ushort)additional);
    }
}
