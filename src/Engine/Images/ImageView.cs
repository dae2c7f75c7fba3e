using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Images;
using Tare.Images;
using Tare.Images.Attestations;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Engine.Images;

/// <summary>Shows images in the wire's form. Pure.</summary>
internal static class ImageView
{
    /// <summary>One row of a list.</summary>
    public static ImageSummary Summary(Image image, long containers) => new()
    {
        Id = image.Id.ToString(),
        Containers = containers,
        Created = image.Created.ToUnixTimeSeconds(),
        Labels = image.Config.Config?.Labels is { Count: > 0 } labels ? new Dictionary<string, string>(labels) : null,
        ParentId = image.Parent?.ToString() ?? "",
        RepoDigests = [.. image.RepoDigests],
        RepoTags = [.. image.RepoTags],
        Size = image.Size,
    };

    /// <summary>Everything of one image.</summary>
    public static ImageInspect Inspect(Image image) => new()
    {
        Id = image.Id.ToString(),
        RepoTags = [.. image.RepoTags],
        RepoDigests = [.. image.RepoDigests],
        Parent = image.Parent?.ToString() ?? "",
        Comment = image.Config.Comment ?? "",
        Created = string.IsNullOrEmpty(image.Config.Created) ? null : GoTime.Format(image.Created),
        DockerVersion = image.Config.DockerVersion ?? "",
        Author = image.Config.Author ?? "",
        Config = Config(image.Config.Config ?? new ImageRunConfig()),
        Architecture = image.Config.Architecture,
        Variant = image.Config.Variant,
        Os = image.Config.Os,
        OsVersion = image.Config.OsVersion,
        Size = image.Size,
        GraphDriver = new GraphDriver { Name = "overlay" },
        RootFS = new ImageRootFS { Layers = image.DiffIds.Count == 0 ? null : [.. image.DiffIds.Select(diffId => diffId.ToString())] },
        Metadata = new ImageMetadata { LastTagTime = image.LastTagged == default ? GoTime.Zero : GoTime.Format(image.LastTagged) },
        Descriptor = Descriptor(image),
    };

    /// <summary>The lines of docker history.</summary>
    public static List<HistoryItem> History(Image image) => [.. ImageHistoryList.Of(image).Select(line => new HistoryItem
    {
        Id = line.Id,
        Created = line.Created.ToUnixTimeSeconds(),
        CreatedBy = line.CreatedBy,
        Comment = line.Comment,
        Size = line.Size,
        Tags = line.Tags.Count == 0 ? null : [.. line.Tags],
    })];

    /// <summary>A statement about an image; a body that is no JSON is left out.</summary>
    public static AttestationStatement Attestation(ImageAttestation attestation, byte[]? body)
    {
        var statement = new AttestationStatement
        {
            PredicateType = attestation.PredicateType,
            Descriptor = new ImageDescriptor { MediaType = attestation.Blob.MediaType, Digest = attestation.Blob.Digest.ToString(), Size = attestation.Blob.Size, Annotations = attestation.Blob.Annotations },
        };
        try
        {
            if (body is not null)
                statement.Statement = Parsed(body);
        }
        catch (System.Text.Json.JsonException)
        {
            // The descriptor still tells that there is one.
        }
        return statement;
    }

    private static System.Text.Json.JsonElement Parsed(byte[] json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static ImageDescriptor Descriptor(Image image) => new()
    {
        MediaType = image.Manifest.MediaType,
        Digest = image.Manifest.Digest.ToString(),
        Size = image.Manifest.Size,
        Platform = new ImagePlatform { Architecture = image.Config.Architecture, Os = image.Config.Os, Variant = image.Config.Variant },
    };

    private static ContainerConfig Config(ImageRunConfig config) => new()
    {
        User = config.User ?? "",
        ExposedPorts = Keys(config.ExposedPorts),
        Env = config.Env is null ? null : [.. config.Env],
        Cmd = config.Cmd is null ? null : [.. config.Cmd],
        Entrypoint = config.Entrypoint is null ? null : [.. config.Entrypoint],
        Volumes = Keys(config.Volumes),
        WorkingDir = config.WorkingDir ?? "",
        Labels = config.Labels is null ? null : new Dictionary<string, string>(config.Labels),
        StopSignal = config.StopSignal,
        OnBuild = config.OnBuild is null ? null : [.. config.OnBuild],
        Shell = config.Shell is null ? null : [.. config.Shell],
        ArgsEscaped = config.ArgsEscaped,
        Healthcheck = config.Healthcheck is not { } check ? null : new HealthConfig
        {
            Test = check.Test is null ? null : [.. check.Test],
            Interval = check.Interval,
            Timeout = check.Timeout,
            StartPeriod = check.StartPeriod,
            StartInterval = check.StartInterval,
            Retries = check.Retries,
        },
    };

    private static Dictionary<string, Tare.EngineApi.EmptyObject>? Keys(Dictionary<string, Tare.Oci.Image.EmptyObject>? set) =>
        set?.Keys.ToDictionary(key => key, _ => new Tare.EngineApi.EmptyObject());
}
