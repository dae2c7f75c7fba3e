using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tare.EngineApi.Client;

/// <summary>One call of the API before it is sent: method, path without version, query, headers and body.</summary>
public sealed class EngineRequest(string method, string path)
{
    private readonly StringBuilder _query = new();

    /// <summary>GET, POST, …</summary>
    public string Method { get; } = method;

    /// <summary>"/containers/json"; segments that come from users are escaped with <see cref="Escape"/>.</summary>
    public string Path { get; } = path;

    /// <summary>Extra headers.</summary>
    public List<(string Name, string Value)> Headers { get; } = [];

    /// <summary>A body that is known in full.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Writes a body of unknown length, in chunks; called at most once.</summary>
    public Action<Stream>? BodyWriter { get; private set; }

    /// <summary>Media type of the body.</summary>
    public string? ContentType { get; private set; }

    /// <summary>Asks for the connection itself after the answer's head.</summary>
    public bool Upgrade { get; init; }

    /// <summary>Sent without the /v1.xx prefix.</summary>
    public bool Unversioned { get; init; }

    internal string Target => _query.Length == 0 ? Path : Path + "?" + _query;

    /// <summary>A path segment or query value as it may stand in a URL.</summary>
    public static string Escape(string text) => Uri.EscapeDataString(text);

    /// <summary>Adds name=value unless the value is null.</summary>
    public EngineRequest Query(string name, string? value)
    {
        if (value is not null)
            _ = _query.Append(_query.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return this;
    }

    /// <summary>Adds name=1 when set.</summary>
    public EngineRequest Query(string name, bool on) => on ? Query(name, "1") : this;

    /// <summary>Adds a header.</summary>
    public EngineRequest Header(string name, string value)
    {
        Headers.Add((name, value));
        return this;
    }

    /// <summary>Sets a JSON body.</summary>
    public EngineRequest Json<T>(T value, JsonTypeInfo<T> type) => Json(JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>Sets a JSON body that is already written.</summary>
    public EngineRequest Json(ReadOnlyMemory<byte> utf8)
    {
        Body = utf8;
        ContentType = "application/json";
        return this;
    }

    /// <summary>Sets a body that is produced while it is sent.</summary>
    public EngineRequest Stream(string contentType, Action<Stream> writer)
    {
        BodyWriter = writer;
        ContentType = contentType;
        return this;
    }
}
