using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Tare.Oci;

namespace Tare.Tests.Kernel.Images;

/// <summary>
/// The uploads of a <see cref="TestRegistry"/> (distribution-spec, "Pushing blobs"): takes bodies with a length and in chunked coding, and keeps what has come of
/// one that broke.
/// </summary>
internal sealed class TestUploads(Action<Digest, byte[]> finished)
{
    private readonly ConcurrentDictionary<string, MemoryStream> _running = new();

    /// <summary>Bytes of all bodies that were taken.</summary>
    public long Taken { get; private set; }

    /// <summary>When this many bytes have been taken the connection breaks, once.</summary>
    public long BreakAt { get; set; } = long.MaxValue;

    /// <summary>Waited for after each read of a body.</summary>
    public Func<Task> Pause { get; set; } = () => Task.CompletedTask;

    /// <summary>Uploads that were neither finished nor given up.</summary>
    public int Running => _running.Count;

    /// <summary>Answers what concerns uploads; null for other requests.</summary>
    public async Task<TestAnswer?> AnswerAsync(SeenRequest request, Stream stream)
    {
        string path = request.Path.Split('?')[0];
        if (request.Method == "POST" && path.EndsWith("/blobs/uploads/", StringComparison.Ordinal))
        {
            path += Guid.NewGuid();
            _running[path] = new MemoryStream();
            return Says(202, path);
        }
        if (request.Method == "PUT" && path.Contains("/manifests/", StringComparison.Ordinal))
        {
            await DropBodyAsync(request, stream);
            return new TestAnswer(201, []);
        }
        if (!path.Contains("/blobs/uploads/", StringComparison.Ordinal))
            return null;
        if (!_running.TryGetValue(path, out MemoryStream? upload))
            return new TestAnswer(404, []);
        await ReadBodyAsync(request, stream, (from, length) => CopyAsync(from, upload, length));
        if (request.Method is "PUT" or "DELETE")
            _ = _running.TryRemove(path, out _);
        if (request.Method == "PUT")
            return Finish(Digest.Parse(Uri.UnescapeDataString(request.Path.Split("digest=")[1])), upload.ToArray());
        return Says(request.Method == "PATCH" ? 202 : 204, path);
    }

    private TestAnswer Finish(Digest digest, byte[] content)
    {
        if (Digest.Of(content) != digest)
            return new TestAnswer(400, "{\"errors\":[{\"code\":\"DIGEST_INVALID\"}]}"u8.ToArray());
        finished(digest, content);
        return new TestAnswer(201, []);
    }

    private TestAnswer Says(int status, string path) => new(status, []) { Headers = { ["Location"] = path, ["Range"] = $"0-{Math.Max(0, _running.GetValueOrDefault(path)?.Length - 1 ?? 0)}" } };

    /// <summary>Reads over the body of a request that is not looked at.</summary>
    public static Task DropBodyAsync(SeenRequest request, Stream stream) => ReadBodyAsync(request, stream, async (from, length) =>
    {
        byte[] buffer = new byte[64 * 1024];
        while (length > 0)
            length -= await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(length, buffer.Length))) is var read and > 0 ? read : throw new IOException("the client has gone");
    });

    private static async Task ReadBodyAsync(SeenRequest request, Stream stream, Func<Stream, long, Task> take)
    {
        if (request.Header("transfer-encoding") != "chunked")
        {
            await take(stream, long.Parse(request.Header("content-length") ?? "0", CultureInfo.InvariantCulture));
            return;
        }
        while (long.Parse(await LineAsync(stream), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var length and > 0)
        {
            await take(stream, length);
            _ = await LineAsync(stream);
        }
        _ = await LineAsync(stream);
    }

    private async Task CopyAsync(Stream stream, Stream target, long length)
    {
        byte[] buffer = new byte[64 * 1024];
        while (length > 0)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(length, buffer.Length)));
            if (read == 0)
                throw new IOException("the client has gone");
            target.Write(buffer, 0, read);
            (length, Taken) = (length - read, Taken + read);
            if (Taken >= BreakAt)
            {
                BreakAt = long.MaxValue;
                throw new IOException("a break that the test wants");
            }
            await Pause();
        }
    }

    private static async Task<string> LineAsync(Stream stream)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one) == 1 && one[0] != '\n')
            _ = line.Append((char)one[0]);
        return line.ToString().TrimEnd('\r');
    }
}
