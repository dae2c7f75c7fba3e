using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Tests.Loopback;

namespace Tare.Tests.Kernel.Images;

/// <summary>One request that the registry saw.</summary>
internal sealed record SeenRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>What a handler answers; a body shorter than the announced length ends with a broken connection.</summary>
internal sealed record TestAnswer(int Status, byte[] Body, string ContentType = "application/octet-stream")
{
    public Dictionary<string, string> Headers { get; init; } = [];
    public long? Length { get; init; }
    public TimeSpan Delay { get; init; }

    /// <summary>After this many bytes the rest waits.</summary>
    public int HoldAfter { get; init; }

    /// <summary>What the rest waits for.</summary>
    public Task Hold { get; init; } = Task.CompletedTask;

    /// <summary>What one connection gets; 0 for all it takes.</summary>
    public int BytesPerSecond { get; init; }
}

/// <summary>
/// A registry on loopback, byte by byte in the test's hands: serves what was put in, and lets a test answer any request differently, badly, or not at all.
/// </summary>
internal sealed class TestRegistry : IDisposable
{
    private readonly LoopbackServer _server;
    private readonly ConcurrentDictionary<string, (byte[] Content, string Type)> _content = [];

    public TestRegistry()
    {
        Uploads = new TestUploads((digest, content) => _content[$"/v2/x/blobs/{digest}"] = (content, "application/octet-stream"));
        _server = new LoopbackServer(ServeAsync);
    }

    public string Authority => _server.Authority;

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>What is pushed becomes content of the repository "x".</summary>
    public TestUploads Uploads { get; }

    /// <summary>The content of a blob, or null.</summary>
    public byte[]? Blob(Digest digest) => _content.TryGetValue($"/v2/x/blobs/{digest}", out (byte[] Content, string) found) ? found.Content : null;

    /// <summary>Answers a request differently; null for the usual answer.</summary>
    public Func<SeenRequest, TestAnswer?> Twist { get; set; } = _ => null;

    public int Count(string method, string part) => Seen.Count(r => r.Method == method && r.Path.Contains(part, StringComparison.Ordinal));

    public Descriptor AddBlob(byte[] content, string mediaType)
    {
        var descriptor = new Descriptor { MediaType = mediaType, Digest = Digest.Of(content), Size = content.Length };
        _content[$"/v2/x/blobs/{descriptor.Digest}"] = (content, "application/octet-stream");
        return descriptor;
    }

    public Descriptor AddManifest(string tag, byte[] json, string mediaType)
    {
        var descriptor = new Descriptor { MediaType = mediaType, Digest = Digest.Of(json), Size = json.Length };
        _content[$"/v2/x/manifests/{descriptor.Digest}"] = _content[$"/v2/x/manifests/{tag}"] = (json, mediaType);
        return descriptor;
    }

    /// <summary>The list of what speaks of a manifest.</summary>
    public void AddReferrers(Digest subject, params Descriptor[] referrers) =>
        _content[$"/v2/x/referrers/{subject}"] = (ImageJson.Bytes(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = referrers }, ImageJson.Default.ImageIndex), MediaTypes.OciIndex);

    /// <summary>An image of these layers, as they are.</summary>
    public Descriptor AddImage(string tag, params (byte[] Blob, byte[] Tar, string Type)[] layers) => AddImage(tag, "amd64", layers);

    public Descriptor AddImage(string tag, string architecture, params (byte[] Blob, byte[] Tar, string Type)[] layers)
    {
        var config = new ImageConfig { Os = "linux", Architecture = architecture, Rootfs = new ImageRootFs { DiffIds = [.. layers.Select(l => Digest.Of(l.Tar))] } };
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            Config = AddBlob(ImageJson.Bytes(config, ImageJson.Default.ImageConfig), MediaTypes.OciConfig),
            Layers = [.. layers.Select(l => AddBlob(l.Blob, l.Type))],
        };
        return AddManifest(tag, ImageJson.Bytes(manifest, ImageJson.Default.ImageManifest), MediaTypes.OciManifest);
    }

    public void Dispose() => _server.Dispose();

    private async Task ServeAsync(NetworkStream stream, CancellationToken stop)
    {
        while (await ReadAsync(stream, stop) is { } request)
        {
            Seen.Enqueue(request);
            TestAnswer? twisted = Twist(request);
            if (twisted is not null)
                await TestUploads.DropBodyAsync(request, stream);
            if (!await AnswerAsync(stream, request, twisted ?? await Uploads.AnswerAsync(request, stream) ?? Usual(request), stop))
                return;
        }
    }

    private TestAnswer Usual(SeenRequest request)
    {
        if (request.Path == "/v2/")
            return new TestAnswer(200, "{}"u8.ToArray());
        if (!_content.TryGetValue(request.Path.Split('?')[0], out (byte[] Content, string Type) found))
            return new TestAnswer(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}"u8.ToArray(), "application/json");
        return Part(found.Content, request) with { ContentType = found.Type };
    }

    /// <summary>A content, or the range of it that is asked for.</summary>
    public static TestAnswer Part(byte[] content, SeenRequest request)
    {
        if (request.Header("range") is not { } range)
            return new TestAnswer(200, content) { Headers = { ["Accept-Ranges"] = "bytes" } };
        string[] ends = range.Replace("bytes=", "", StringComparison.Ordinal).Split('-');
        int start = int.Parse(ends[0], CultureInfo.InvariantCulture), last = ends[1].Length > 0 ? int.Parse(ends[1], CultureInfo.InvariantCulture) : content.Length - 1;
        return new TestAnswer(206, content[start..(last + 1)]) { Headers = { ["Content-Range"] = $"bytes {start}-{last}/{content.Length}" } };
    }

    private async Task<SeenRequest?> ReadAsync(NetworkStream stream, CancellationToken stop)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (head.Count < 4 || head[^1] != '\n' || head[^3] != '\n')
        {
            if (await stream.ReadAsync(one, stop) == 0)
                return null;
            head.Add(one[0]);
            if (head[0] == 0x16)
                return null; // A TLS hello: this server does not speak it.
        }
        string[] lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        return new SeenRequest(first[0], first[1], lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0].ToLowerInvariant(), p => p[1]));
    }

    private async Task<bool> AnswerAsync(NetworkStream stream, SeenRequest request, TestAnswer answer, CancellationToken stop)
    {
        await Task.Delay(answer.Delay, stop);
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} X\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {answer.Length ?? answer.Body.Length}\r\n");
        foreach ((string name, string value) in answer.Headers)
            _ = head.Append($"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), stop);
        if (request.Method == "HEAD")
            return true;
        const int Piece = 64 * 1024;
        var begun = Stopwatch.StartNew();
        for (int sent = 0; answer.BytesPerSecond > 0 && sent < answer.Body.Length; sent += Piece)
        {
            await stream.WriteAsync(answer.Body.AsMemory(sent, Math.Min(Piece, answer.Body.Length - sent)), stop);
            TimeSpan ahead = TimeSpan.FromSeconds((double)(sent + Piece) / answer.BytesPerSecond) - begun.Elapsed;
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead, stop);
        }
        if (answer.BytesPerSecond == 0)
        {
            await stream.WriteAsync(answer.Body.AsMemory(0, answer.HoldAfter), stop);
            await answer.Hold.WaitAsync(stop);
            await stream.WriteAsync(answer.Body.AsMemory(answer.HoldAfter), stop);
        }
        return answer.Length is null || answer.Length == answer.Body.Length;
    }
}
