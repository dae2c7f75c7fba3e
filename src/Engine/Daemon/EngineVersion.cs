namespace Tare.Engine.Daemon;

/// <summary>The version of this build.</summary>
public static class EngineVersion
{
    /// <summary>"0.1.0".</summary>
    public static string Text { get; } = typeof(EngineVersion).Assembly.GetName().Version!.ToString(3);
}
