using Tare.EngineApi.Client.Http;
using Tare.EngineApi.Streams;

namespace Tare.EngineApi.Client.Streams;

/// <summary>A connection that carries a container's stdio in both directions; one thread may read while another writes.</summary>
public sealed class HijackedStream : IDisposable
{
    private readonly HttpConnection _connection;

    internal HijackedStream(HttpConnection connection, string? mediaType) => (_connection, MediaType) = (connection, mediaType ?? "");

    /// <summary>Content type of the answer.</summary>
    public string MediaType { get; }

    /// <summary>The engine said that output comes in frames.</summary>
    public bool IsMultiplexed => MediaType.StartsWith(StreamFrame.MultiplexedMediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Output; 0 at the end.</summary>
    public int Read(Span<byte> buffer) => _connection.Read(buffer);

    /// <summary>Sends input; throws IOException when the container is gone.</summary>
    public void Write(ReadOnlySpan<byte> data) => _connection.Write(data);

    /// <summary>End of the input; output goes on.</summary>
    public void CloseWrite() => _connection.CloseWrite();

    /// <summary>Ends both directions and wakes a blocked reader.</summary>
    public void Abort() => _connection.Abort();

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}
