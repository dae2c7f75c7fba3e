using System.Text.Json;
using Tare.EngineApi.Client.Calls;
using Tare.EngineApi.Client.Http;
using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Json;

namespace Tare.EngineApi.Client;

/// <summary>
/// Talks to one engine over HTTP/1.1 with blocking calls; connections are kept and reused. May be used from several threads: each call has a
/// connection of its own. The API version is a fixed one until an engine says that it is too new, which costs no round trip where it fits.
/// </summary>
public sealed class EngineClient(EngineAddress address) : IDisposable
{
    private const int PreferredVersion = 1051;
    private readonly Stack<HttpConnection> _idle = new();
    private int _version = PreferredVersion;
    private bool _disposed;

    /// <summary>Where the engine listens.</summary>
    public EngineAddress Address { get; } = address;

    /// <summary>The version that calls are made with: "1.51".</summary>
    public string ApiVersion => $"{_version / 1000}.{_version % 1000}";

    /// <summary>Calls on containers.</summary>
    public ContainerCalls Containers => new(this);

    /// <summary>Calls on execs.</summary>
    public ExecCalls Execs => new(this);

    /// <summary>Calls on images.</summary>
    public ImageCalls Images => new(this);

    /// <summary>Calls on networks.</summary>
    public NetworkCalls Networks => new(this);

    /// <summary>Calls about registries.</summary>
    public RegistryCalls Registries => new(this);

    /// <summary>Calls on volumes.</summary>
    public VolumeCalls Volumes => new(this);

    /// <summary>Calls under /containers/{id}/checkpoints.</summary>
    public CheckpointCalls Checkpoints => new(this);

    /// <summary>Calls on the engine itself.</summary>
    public DaemonCalls Daemon => new(this);

    /// <summary>Sends a call and returns once the answer's head is there; throws <see cref="EngineErrorException"/> for 400 and above.</summary>
    public EngineResponse Send(EngineRequest request)
    {
        (HttpConnection connection, ResponseHead head) = Exchange(request);
        return new EngineResponse(head, OpenBody(connection, head, request.Method == "HEAD"));
    }

    /// <summary>Sends a call whose answer does not matter beyond its success.</summary>
    public int Do(EngineRequest request)
    {
        using EngineResponse response = Send(request);
        response.Drain();
        return response.Status;
    }

    /// <summary>Sends a call that takes the connection over: attach, exec.</summary>
    public HijackedStream Hijack(EngineRequest request)
    {
        (HttpConnection connection, ResponseHead head) = Exchange(request);
        if (head.Status is not (101 or 200))
        {
            connection.Dispose();
            throw new EngineErrorException(head.Status, $"unable to upgrade to tcp, received {head.Status}");
        }
        return new HijackedStream(connection, head["Content-Type"]);
    }

    /// <summary>A connection of its own without any request: the engine's bytes as they are, for "system dial-stdio".</summary>
    public HijackedStream Dial() => new(new HttpConnection(Address.Connect()), null);

    /// <summary>Opens a connection ahead of its use.</summary>
    public void Warm() => Release(new HttpConnection(Address.Connect()), reusable: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_idle)
        {
            _disposed = true;
            while (_idle.TryPop(out HttpConnection? connection))
                connection.Dispose();
        }
    }

    private (HttpConnection Connection, ResponseHead Head) Exchange(EngineRequest request)
    {
        while (true)
        {
            int version = _version;
            (HttpConnection connection, ResponseHead head) = ExchangeOnce(request, version);
            if (head.Status < 400)
                return (connection, head);
            EngineErrorException error = ReadError(connection, head, request);
            bool replayable = request.BodyWriter is null && !request.Unversioned;
            if (head.Status != 400 || !replayable || !ApiVersions.TryParse(head["Api-Version"], out int offered) || offered >= version)
                throw error;
            _version = offered;
        }
    }

    private (HttpConnection Connection, ResponseHead Head) ExchangeOnce(EngineRequest request, int version)
    {
        string target = request.Unversioned ? request.Target : $"/v{version / 1000}.{version % 1000}{request.Target}";
        while (true)
        {
            HttpConnection connection = Take();
            bool stale = connection.WasUsed;
            try
            {
                IOException? writeError = TryWrite(connection, request, target);
                if (connection.ReadHead() is { } head)
                    return (connection, head);
                // An idle connection may have been closed by the engine meanwhile; a streamed body cannot be sent twice.
                if (!stale || request.BodyWriter is not null)
                    throw writeError ?? new IOException("the engine closed the connection without an answer");
            }
            catch
            {
                connection.Dispose();
                throw;
            }
            connection.Dispose();
        }
    }

    /// <summary>An engine may answer (404) and close before it has read the whole body; its answer says more than the broken pipe.</summary>
    private IOException? TryWrite(HttpConnection connection, EngineRequest request, string target)
    {
        try
        {
            RequestWriter.Write(connection, request, target, Address.HostHeader);
            return null;
        }
        catch (IOException error)
        {
            return error;
        }
    }

    private EngineErrorException ReadError(HttpConnection connection, ResponseHead head, EngineRequest request)
    {
        using var response = new EngineResponse(head, OpenBody(connection, head, request.Method == "HEAD"));
        string text = response.ReadText();
        try
        {
            string message = JsonSerializer.Deserialize(text, EngineApiJson.Default.ErrorResponse)?.Message ?? "";
            return new EngineErrorException(head.Status, message.Length > 0 ? message : text.Trim());
        }
        catch (JsonException)
        {
            string said = text.Trim();
            return new EngineErrorException(head.Status, said.Length > 0 ? said : $"request returned {head.Status} {head.Reason} for {request.Path}");
        }
    }

    private BodyStream OpenBody(HttpConnection connection, ResponseHead head, bool headOnly)
    {
        bool none = headOnly || head.Status is 204 or 304;
        BodyFraming framing = none ? BodyFraming.Length
            : head.IsChunked ? BodyFraming.Chunked
            : head.ContentLength >= 0 ? BodyFraming.Length
            : BodyFraming.UntilClose;
        var body = new BodyStream(connection, framing, none ? 0 : head.ContentLength, reusable => Release(connection, reusable && !head.WantsClose));
        body.EndIfEmpty();
        return body;
    }

    private HttpConnection Take()
    {
        lock (_idle)
        {
            if (_idle.TryPop(out HttpConnection? connection))
                return connection;
        }
        return new HttpConnection(Address.Connect());
    }

    private void Release(HttpConnection connection, bool reusable)
    {
        lock (_idle)
        {
            if (reusable && !_disposed)
            {
                _idle.Push(connection);
                return;
            }
        }
        connection.Dispose();
    }
}
