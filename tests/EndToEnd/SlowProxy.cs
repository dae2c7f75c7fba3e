using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tare.Tests.EndToEnd;

/// <summary>Stands between an engine and a registry on loopback: passes bytes on, slowly until told otherwise, and counts them by blob.</summary>
internal sealed class SlowProxy : IDisposable
{
    private const int Chunk = 64 * 1024;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, long> _sent = new();
    private readonly IPEndPoint _registry;
    private long _received;
    private int _finished;

    public SlowProxy(string registry)
    {
        _registry = IPEndPoint.Parse(registry);
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public string Authority => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

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

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = Task.Run(() => PassAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using TcpClient owned = client;
        using var upstream = new TcpClient();
        try
        {
            await upstream.ConnectAsync(_registry, _stop.Token);
            string[] blob = [""];
            Task up = CopyAsync(client.GetStream(), upstream.GetStream(), (bytes, count) => Request(bytes, count, blob));
            Task down = CopyAsync(upstream.GetStream(), client.GetStream(), (_, count) => _sent.AddOrUpdate(blob[0], count, (_, sum) => sum + count));
            _ = await Task.WhenAny(up, down);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // One side has gone.
        }
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

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Action<byte[], int> seen)
    {
        byte[] buffer = new byte[Chunk];
        while (await from.ReadAsync(buffer, _stop.Token) is var read and > 0)
        {
            seen(buffer, read);
            if (!Fast && read > 4096)
                await Task.Delay(10, _stop.Token);
            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}
