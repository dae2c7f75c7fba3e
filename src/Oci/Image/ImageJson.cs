using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tare.Errors;

namespace Tare.Oci.Image;

/// <summary>Source-generated JSON of the image documents.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    ReadCommentHandling = JsonCommentHandling.Disallow)]
[JsonSerializable(typeof(ImageManifest))]
[JsonSerializable(typeof(ImageIndex))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(ImageLayout))]
[JsonSerializable(typeof(DockerArchiveImage[]))]
[JsonSerializable(typeof(Dictionary<string, Dictionary<string, string>>), TypeInfoPropertyName = "DockerRepositories")]
public sealed partial class ImageJson : JsonSerializerContext
{
    /// <summary>Parses a document somebody else wrote; what is wrong with it is InvalidArgument with the document's name.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string document) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw TareException.Invalid($"invalid {document}: empty");
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"invalid {document}", e);
        }
    }

    /// <summary>The bytes of a document.</summary>
    public static byte[] Bytes<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);
}

/// <summary>One element of "manifest.json" in the archive that docker save writes; the paths are names of entries in that archive.</summary>
public sealed record DockerArchiveImage
{
    [JsonPropertyName("Config")]
    public required string Config { get; init; }
    [JsonPropertyName("RepoTags")]
    public string[]? RepoTags { get; init; }
    [JsonPropertyName("Layers")]
    public required string[] Layers { get; init; }
}
