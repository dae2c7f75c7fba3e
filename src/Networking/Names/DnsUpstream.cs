using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Names;

/// <summary>
/// Asks the host's resolvers, from the host's namespace, so that loopback ones work too: at most three in turn, four seconds each, and a bounded
/// number of questions at a time. Shared by all servers; thread-safe.
/// </summary>
public sealed class DnsUpstream(HostNamespace host)
{
    private const int MaxServers = 3;
    private const int MaxQuestions = 1024;
    private const int Port = 53;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private int _open;

    /// <summary>The first server's answer with the query's own id, or null when none answers (or too many questions wait already).</summary>
    public async Task<byte[]?> AskAsync(ReadOnlyMemory<byte> query, IReadOnlyList<IPAddress> servers, bool tcp, CancellationToken stop)
    {
        try
        {
            if (Interlocked.Increment(ref _open) > MaxQuestions)
                return null;
            foreach (IPAddress server in servers.Take(MaxServers))
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
                timeout.CancelAfter(Patience);
                try
                {
                    byte[]? answer = await (tcp ? AskTcpAsync(query, server, timeout.Token) : AskUdpAsync(query, server, timeout.Token));
                    if (answer is not null)
                        return answer;
                }
                catch (Exception error) when (error is SocketException or OperationCanceledException)
                {
                    // The next server may do better.
                    if (stop.IsCancellationRequested)
                        return null;
                }
            }
            return null;
        }
        finally
        {
            _ = Interlocked.Decrement(ref _open);
        }
    }

    private async Task<byte[]?> AskUdpAsync(ReadOnlyMemory<byte> query, IPAddress server, CancellationToken timeout)
    {
        using Socket socket = host.Run(() => new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        // A fresh port and id for each question: an answer cannot be guessed from another container.
        byte[] question = WithRandomId(query);
        await socket.ConnectAsync(server, Port, timeout);
        _ = await socket.SendAsync(question, timeout);
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(ushort.MaxValue);
        try
        {
            while (true)
            {
                int length = await socket.ReceiveAsync(buffer.AsMemory(0, ushort.MaxValue), timeout);
                if (IsAnswer(buffer.AsSpan(0, length), question))
                    return WithId(buffer.AsSpan(0, length), query.Span);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<byte[]?> AskTcpAsync(ReadOnlyMemory<byte> query, IPAddress server, CancellationToken timeout)
    {
        using Socket socket = host.Run(() => new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        byte[] question = WithRandomId(query);
        await socket.ConnectAsync(server, Port, timeout);
        await DnsStream.WriteAsync(socket, question, timeout);
        byte[]? answer = await DnsStream.ReadAsync(socket, ushort.MaxValue, timeout);
        return answer is not null && IsAnswer(answer, question) ? WithId(answer, query.Span) : null;
    }

    /// <summary>Same id, marked as an answer, and the same question where it is repeated.</summary>
    private static bool IsAnswer(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> question)
    {
        if (answer.Length < DnsQuestion.HeaderSize || answer[0] != question[0] || answer[1] != question[1] || (answer[2] & 0x80) == 0)
            return false;
        if (BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) == 0)
            return true;
        if (!DnsQuestion.TryParse(question, out DnsQuestion? asked, out _))
            return false;
        int end = DnsQuestion.HeaderSize + asked.QuestionLength;
        return answer.Length >= end && System.Text.Ascii.EqualsIgnoreCase(answer[DnsQuestion.HeaderSize..end], question[DnsQuestion.HeaderSize..end]);
    }

    private static byte[] WithRandomId(ReadOnlyMemory<byte> query)
    {
        byte[] copy = query.ToArray();
        RandomNumberGenerator.Fill(copy.AsSpan(0, 2));
        return copy;
    }

    private static byte[] WithId(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> query)
    {
        byte[] copy = answer.ToArray();
        query[..2].CopyTo(copy);
        return copy;
    }
}
