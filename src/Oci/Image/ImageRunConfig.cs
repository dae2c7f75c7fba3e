using System.Text.Json.Serialization;

namespace Tare.Oci.Image;

/// <summary>The "config" object of an image: how a container of it runs by default. The JSON names are upper case, as Docker made them.</summary>
public sealed record ImageRunConfig
{
    [JsonPropertyName("User")]
    public string? User { get; init; }
    [JsonPropertyName("ExposedPorts")]
    public Dictionary<string, EmptyObject>? ExposedPorts { get; init; }
    [JsonPropertyName("Env")]
    public string[]? Env { get; init; }
    [JsonPropertyName("Entrypoint")]
    public string[]? Entrypoint { get; init; }
    [JsonPropertyName("Cmd")]
    public string[]? Cmd { get; init; }
    [JsonPropertyName("Volumes")]
    public Dictionary<string, EmptyObject>? Volumes { get; init; }
    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }
    [JsonPropertyName("Labels")]
    public Dictionary<string, string>? Labels { get; init; }
    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }
    [JsonPropertyName("OnBuild")]
    public string[]? OnBuild { get; init; }
    [JsonPropertyName("Shell")]
    public string[]? Shell { get; init; }
    [JsonPropertyName("Healthcheck")]
    public ImageHealthcheck? Healthcheck { get; init; }
    [JsonPropertyName("ArgsEscaped")]
    public bool ArgsEscaped { get; init; }
}

/// <summary>Docker's HEALTHCHECK; durations are nanoseconds, zero means the default.</summary>
public sealed record ImageHealthcheck
{
    [JsonPropertyName("Test")]
    public string[]? Test { get; init; }
    [JsonPropertyName("Interval")]
    public long Interval { get; init; }
    [JsonPropertyName("Timeout")]
    public long Timeout { get; init; }
    [JsonPropertyName("StartPeriod")]
    public long StartPeriod { get; init; }
    [JsonPropertyName("StartInterval")]
    public long StartInterval { get; init; }
    [JsonPropertyName("Retries")]
    public int Retries { get; init; }
}

/// <summary>The value "{}" of Docker's sets.</summary>
public sealed record EmptyObject
{
    /// <summary>The one value needed.</summary>
    public static EmptyObject Value { get; } = new();
}
