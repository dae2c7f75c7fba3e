using System.Text.Json.Serialization;
using Tare.Distribution.Auth;
using Tare.Distribution.Repositories;
using Tare.Distribution.Transport;

namespace Tare.Distribution;

/// <summary>Source-generated JSON of the registry protocol.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(ErrorList))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(CatalogAnswer))]
internal sealed partial class DistributionJson : JsonSerializerContext;
