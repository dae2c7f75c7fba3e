namespace Tare.EngineApi.Daemon;

/// <summary>One message of GET /events.</summary>
public sealed class EventMessage
{
    /// <summary>Repeats of action, actor and image for clients before API 1.52; null leaves them out.</summary>
    [JsonPropertyName("status"), JsonIgnore(Condition = WhenWritingNull)] public string? Status { get; set; }
    [JsonPropertyName("id"), JsonIgnore(Condition = WhenWritingNull)] public string? Id { get; set; }
    [JsonPropertyName("from"), JsonIgnore(Condition = WhenWritingNull)] public string? From { get; set; }

    /// <summary>container, image, network, volume, daemon…</summary>
    public string Type { get; set; } = "";

    /// <summary>create, start, die… or "exec_create: sh".</summary>
    public string Action { get; set; } = "";
    public EventActor Actor { get; set; } = new();
    [JsonPropertyName("scope"), JsonIgnore(Condition = WhenWritingNull)] public string? Scope { get; set; }

    /// <summary>Seconds since 1970.</summary>
    [JsonPropertyName("time")] public long Time { get; set; }

    /// <summary>Nanoseconds since 1970.</summary>
    [JsonPropertyName("timeNano")] public long TimeNano { get; set; }
}

/// <summary>What an event is about.</summary>
public sealed class EventActor
{
    public string ID { get; set; } = "";
    public Dictionary<string, string> Attributes { get; set; } = [];
}
