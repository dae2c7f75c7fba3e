namespace Tare.EngineApi.Containers;

/// <summary>Answer to GET /containers/{id}/top: a table of ps.</summary>
public sealed class TopResponse
{
    public List<string> Titles { get; set; } = [];
    public List<List<string>> Processes { get; set; } = [];
}

/// <summary>One row of GET /containers/{id}/changes: 0 modified, 1 added, 2 deleted.</summary>
public sealed class FilesystemChange
{
    public string Path { get; set; } = "";
    public int Kind { get; set; }
}

/// <summary>Body of POST /containers/{id}/update.</summary>
public sealed class UpdateRequest : Resources
{
    [JsonIgnore(Condition = WhenWritingNull)] public RestartPolicy? RestartPolicy { get; set; }
}

/// <summary>Answer to POST /containers/{id}/update.</summary>
public sealed class UpdateResponse
{
    public List<string>? Warnings { get; set; }
}

/// <summary>Answer to POST /containers/{id}/wait.</summary>
public sealed class WaitResponse
{
    public long StatusCode { get; set; }

    /// <summary>Why waiting itself failed.</summary>
    public WaitError? Error { get; set; }
}

/// <summary>Failure inside a wait answer.</summary>
public sealed class WaitError
{
    public string Message { get; set; } = "";
}

/// <summary>The X-Docker-Container-Path-Stat header, which holds it as base64 of JSON.</summary>
public sealed class PathStat
{
    [JsonPropertyName("name")] public string Name { get; set; } = "";
    [JsonPropertyName("size")] public long Size { get; set; }

    /// <summary>Bits of Go's os.FileMode: 1&lt;&lt;31 directory, 1&lt;&lt;27 symbolic link, the low nine permissions.</summary>
    [JsonPropertyName("mode")] public uint Mode { get; set; }
    [JsonPropertyName("mtime")] public string Mtime { get; set; } = GoTime.Zero;
    [JsonPropertyName("linkTarget")] public string LinkTarget { get; set; } = "";
}

/// <summary>Answer to POST /containers/prune.</summary>
public sealed class ContainersPruneResponse
{
    public List<string>? ContainersDeleted { get; set; }
    public ulong SpaceReclaimed { get; set; }
}
