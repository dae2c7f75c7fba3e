namespace Tare.EngineApi.Containers;

/// <summary>Body of POST /containers/{id}/checkpoints.</summary>
public sealed class CheckpointCreateRequest
{
    public string CheckpointID { get; set; } = "";

    /// <summary>A directory of the engine's machine; empty for the container's own.</summary>
    public string CheckpointDir { get; set; } = "";

    /// <summary>The container ends when it is saved.</summary>
    public bool Exit { get; set; }
}

/// <summary>One entry of GET /containers/{id}/checkpoints.</summary>
public sealed class CheckpointSummary
{
    public string Name { get; set; } = "";
}
