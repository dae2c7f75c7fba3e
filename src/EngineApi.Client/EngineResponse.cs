using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tare.EngineApi.Client.Http;

namespace Tare.EngineApi.Client;

/// <summary>An answer whose head has arrived; the body is read from the wire as it is asked for. Disposing gives the connection back.</summary>
public sealed class EngineResponse : IDisposable
{
    private readonly ResponseHead _head;

    internal EngineResponse(ResponseHead head, Stream body) => (_head, Body) = (head, body);

    /// <summary>Below 400: others are thrown as <see cref="EngineErrorException"/>.</summary>
    public int Status => _head.Status;

    /// <summary>The body, to be read once.</summary>
    public Stream Body { get; }

    /// <summary>A header's value or null.</summary>
    public string? Header(string name) => _head[name];

    /// <summary>Reads the whole body as one JSON value.</summary>
    public T ReadJson<T>(JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(ReadBytes().Span, type) ?? throw new IOException("the engine's answer is null");

    /// <summary>Reads the whole body.</summary>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        byte[] buffer = new byte[4096];
        int used = 0;
        while (true)
        {
            if (used == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            int n = Body.Read(buffer, used, buffer.Length - used);
            if (n == 0)
                return buffer.AsMemory(0, used);
            used += n;
        }
    }

    /// <summary>Reads the whole body as text.</summary>
    public string ReadText() => System.Text.Encoding.UTF8.GetString(ReadBytes().Span);

    /// <summary>Passes over the rest of a short body, so that the connection can serve again.</summary>
    public void Drain()
    {
        Span<byte> waste = stackalloc byte[512];
        while (Body.Read(waste) > 0)
        {
            // Only the end matters.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Body.Dispose();
}
