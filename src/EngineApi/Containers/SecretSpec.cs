namespace Tare.EngineApi.Containers;

/// <summary>A file that a container gets in memory, whose content is never shown again (Tare's own; other engines pass over it).</summary>
public sealed class SecretSpec
{
    /// <summary>What it is called.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its file: a name below /run/secrets, or an absolute path; empty for the name itself.</summary>
    public string Target { get; set; } = "";

    /// <summary>Permission bits; null for 0444.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public uint? Mode { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public uint Uid { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public uint Gid { get; set; }

    /// <summary>The content, on the way in only.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public byte[]? Data { get; set; }
}
