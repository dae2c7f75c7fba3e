using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Errors;

namespace Tare.Registry.Hosting;

/// <summary>The configuration file as it is written; <see cref="RegistryConfiguration"/> makes options of it. Unknown keys are refused.</summary>
internal sealed record RegistryFile
{
    public string? Addr { get; init; }
    public string? Root { get; init; }
    public string? Htpasswd { get; init; }
    public TlsSection? Tls { get; init; }
    public TokenSection? Token { get; init; }
    public AccessSection[]? Access { get; init; }
    public bool? Delete { get; init; }
    public bool? PublicMetrics { get; init; }
    public QuotaSection[]? Quotas { get; init; }
    public CollectionSection? Collection { get; init; }
    public RetentionSection[]? Retention { get; init; }
    public ProxySection[]? Proxies { get; init; }
    public WebhookSection[]? Webhooks { get; init; }

    internal sealed record TlsSection(string Certificate, string Key);

    internal sealed record TokenSection(string Realm, string Service, string Issuer, TokenKeySection[] Keys);

    internal sealed record TokenKeySection(string File, string? Kid = null);

    internal sealed record AccessSection(string[] Repositories, string[] Users, string[] Allow);

    internal sealed record QuotaSection(string Repositories, string Bytes, bool Together = false);

    internal sealed record CollectionSection(string? Interval = null, string? Grace = null, string? UploadAge = null);

    internal sealed record RetentionSection(string Repositories, string[]? KeepTags = null, int? KeepLast = null, string? KeepWithin = null, string? UntaggedAfter = null);

    internal sealed record ProxySection(string Prefix, string Upstream, string? UserName = null, string? PasswordFile = null, string[]? RealmHosts = null, string? TagAge = null);

    internal sealed record WebhookSection(string Url, Dictionary<string, string>? Headers = null, string[]? Actions = null, string? Repositories = null);

    /// <summary>Reads a file; what is wrong with it is InvalidArgument with the place.</summary>
    public static RegistryFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RegistryFileJson.Default.RegistryFile) ?? new RegistryFile();
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw TareException.Invalid($"read the registry's configuration {path}", error);
        }
    }
}

/// <summary>Source-generated JSON of the configuration file.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RegistryFile))]
internal sealed partial class RegistryFileJson : JsonSerializerContext;
