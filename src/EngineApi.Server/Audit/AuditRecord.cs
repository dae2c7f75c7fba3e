using System.Buffers;
using System.Text.Json;
using Tare.EngineApi.Server.Transport;

namespace Tare.EngineApi.Server.Audit;

/// <summary>One call that changes something, from its arrival to its answer. Used by one request; written once.</summary>
internal sealed class AuditRecord(AuditLog log, string method, string path, ClientPeer? peer)
{
    private const int LongestNote = 4096;
    private readonly DateTimeOffset _time = DateTimeOffset.UtcNow;
    private readonly List<(string Name, string Value)> _notes = [];
    private bool _written;

    /// <summary>Adds what the path does not say; long values are cut.</summary>
    public void Note(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            _notes.Add((name, value.Length > LongestNote ? value[..LongestNote] + "…" : value));
    }

    /// <summary>Appends the line; later calls do nothing.</summary>
    public void Write(int status)
    {
        if (_written)
            return;
        _written = true;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", GoTime.Format(_time));
            WritePeer(json);
            json.WriteString("method", method);
            json.WriteString("path", path.Length > LongestNote ? path[..LongestNote] + "…" : path);
            foreach ((string name, string value) in _notes)
                json.WriteString(name, value);
            json.WriteNumber("status", status);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        log.Append(buffer.WrittenSpan);
    }

    private void WritePeer(Utf8JsonWriter json)
    {
        if (peer?.Credentials is { } process)
        {
            json.WriteNumber("uid", process.UserId);
            json.WriteNumber("gid", process.GroupId);
            json.WriteNumber("pid", process.ProcessId);
            json.WriteString("program", peer.Program);
            if (peer.Login is { } login)
                json.WriteNumber("login", login);
        }
        if (peer?.Address is { } address)
            json.WriteString("address", address);
        if (peer?.Subject is { } subject)
            json.WriteString("subject", subject);
    }
}
