namespace Tare.EngineApi.Daemon;

/// <summary>Answer to GET /version.</summary>
public sealed class VersionResponse
{
    public VersionPlatform Platform { get; set; } = new();
    public List<ComponentVersion> Components { get; set; } = [];
    public string Version { get; set; } = "";
    public string ApiVersion { get; set; } = "";
    public string MinAPIVersion { get; set; } = "";
    public string GitCommit { get; set; } = "";
    public string GoVersion { get; set; } = "";
    public string Os { get; set; } = "";
    public string Arch { get; set; } = "";
    public string KernelVersion { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingDefault)] public bool Experimental { get; set; }
    public string BuildTime { get; set; } = "";
}

/// <summary>The product's name.</summary>
public sealed class VersionPlatform
{
    public string Name { get; set; } = "";
}

/// <summary>One program of the engine.</summary>
public sealed class ComponentVersion
{
    public string Name { get; set; } = "";
    public string Version { get; set; } = "";
    [JsonIgnore(Condition = WhenWritingNull)] public Dictionary<string, string>? Details { get; set; }
}
