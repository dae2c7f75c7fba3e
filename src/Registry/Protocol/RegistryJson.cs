using System.Text.Json.Serialization;
using Tare.Oci.Image;
using Tare.Registry.Repositories;
using Tare.Registry.Webhooks;

namespace Tare.Registry.Protocol;

/// <summary>The body of a refusal.</summary>
internal sealed record ErrorBody(ErrorItem[] Errors);

/// <summary>One error of a refusal.</summary>
internal sealed record ErrorItem(string Code, string Message, string? Detail);

/// <summary>The body of tags/list.</summary>
internal sealed record TagListBody(string Name, IReadOnlyList<string> Tags);

/// <summary>The body of _catalog.</summary>
internal sealed record CatalogBody(IReadOnlyList<string> Repositories);

/// <summary>Source-generated JSON of answers and records.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(TagListBody))]
[JsonSerializable(typeof(CatalogBody))]
[JsonSerializable(typeof(ImageIndex))]
[JsonSerializable(typeof(RepositoryRecord))]
[JsonSerializable(typeof(BlobRecord))]
[JsonSerializable(typeof(ManifestRecord))]
[JsonSerializable(typeof(TagRecord))]
[JsonSerializable(typeof(UploadRecord))]
[JsonSerializable(typeof(WebhookEnvelope))]
internal sealed partial class RegistryJson : JsonSerializerContext;
