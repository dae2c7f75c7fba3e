namespace Tare.EngineApi.Containers;

/// <summary>The health check of a container; durations are nanoseconds and 0 inherits.</summary>
public sealed class HealthConfig
{
    /// <summary>["NONE"], ["CMD", args…] or ["CMD-SHELL", command]; null or empty inherits from the image.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public List<string>? Test { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public long Interval { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public long Timeout { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public long StartPeriod { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public long StartInterval { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public int Retries { get; set; }
}
