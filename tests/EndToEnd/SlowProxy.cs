using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Tare.Tests.Loopback;

namespace Tare.Tests.EndToEnd;

/// <summary>Stands between an engine and a registry on loopback: passes bytes on, slowly until told otherwise, and counts them by blob.</summary>
internal sealed class SlowProxy : IDisposable
{
    private const int Chunk = 64 * 1024;
    private readonly LoopbackServer _server;
    private readonly ConcurrentDictionary<string, long> _sent = new();
    private readonly IPEndPoint _registry;
    private long _received;
    private int _finished;

    public SlowProxy(string registry)
    {
        _registry = IPEndPoint.Parse(registry);
        _server = new LoopbackServer(PassAsync);
    }

    public string Authority => _server.Authority;

    public bool Fast { get; set; }

    /// <summary>Bytes that clients have sent.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Uploads that were completed.</summary>
    public int Finished => Volatile.Read(ref _finished);

    /// <summary>Bytes of all blobs that went to clients.</summary>
    public long Total => _sent.Where(s => s.Key.Length > 0).Sum(s => s.Value);

    /// <summary>Bytes of a blob that went to clients.</summary>
    public long Sent(string digest) => _sent.GetValueOrDefault(digest);

    public void Forget()
    {
        _sent.Clear();
        _ = Interlocked.Exchange(ref _received, 0);
    }

    public void Dispose() => _server.Dispose();

    private async Task PassAsync(NetworkStream client, CancellationToken stop)
    {
        using var upstream = new TcpClient();
        await upstream.ConnectAsync(_registry, stop);
        string[] blob = [""];
        Task up = CopyAsync(client, upstream.GetStream(), (bytes, count) => Request(bytes, count, blob), stop);
        Task down = CopyAsync(upstream.GetStream(), client, (_, count) => _sent.AddOrUpdate(blob[0], count, (_, sum) => sum + count), stop);
        await await Task.WhenAny(up, down);
    }

    private void Request(byte[] bytes, int count, string[] blob)
    {
        _ = Interlocked.Add(ref _received, count);
        string head = Encoding.Latin1.GetString(bytes, 0, Math.Min(count, 400));
        if (head.StartsWith("PUT ", StringComparison.Ordinal) && head.Contains("digest=", StringComparison.Ordinal))
            _ = Interlocked.Increment(ref _finished);
        if (!head.StartsWith("GET ", StringComparison.Ordinal) && !head.StartsWith("HEAD ", StringComparison.Ordinal))
            return;
        string path = head.Split(' ')[1];
        blob[0] = path.Contains("/blobs/sha256:", StringComparison.Ordinal) ? path[(path.LastIndexOf(':') + 1)..] : "";
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Action<byte[], int> seen, CancellationToken stop)
    {
        byte[] buffer = new byte[Chunk];
        while (await from.ReadAsync(buffer, stop) is var read and > 0)
        {
            seen(buffer, read);
            if (!Fast && read > 4096)
                await Task.Delay(10, stop);
            await to.WriteAsync(buffer.AsMemory(0, read), stop);
        }
    }
}
