using System.Text.Json;

namespace Tare.EngineApi.Images;

/// <summary>One row of GET /images/{name}/attestations.</summary>
public sealed class AttestationStatement
{
    public ImageDescriptor Descriptor { get; set; } = new();
    public string PredicateType { get; set; } = "";

    /// <summary>The statement itself, when it was asked for.</summary>
    [JsonIgnore(Condition = WhenWritingNull)] public JsonElement? Statement { get; set; }
}
