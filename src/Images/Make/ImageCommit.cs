using Tare.Archive.Layers;
using Tare.Linux;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Make;

/// <summary>What docker commit makes an image from.</summary>
public sealed record ImageCommitOptions
{
    /// <summary>The container's image, or null when it has none.</summary>
    public Image? Base { get; init; }

    /// <summary>The container's overlay upper directory, open for reading. The container should be paused or stopped.</summary>
    public required FileDescriptor Upper { get; init; }

    /// <summary>The container's config, which becomes the image's.</summary>
    public required ImageRunConfig Config { get; init; }

    /// <summary>Dockerfile instructions applied to the config.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];
    public string Author { get; init; } = "";
    public string Message { get; init; } = "";

    /// <summary>The command line that made the changes, for the history.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>The new image's name, or none.</summary>
    public Reference? Reference { get; init; }
}

/// <summary>docker commit: puts a container's changes as one layer on top of its image. Stateless.</summary>
public static class ImageCommit
{
    /// <summary>Writes the layer and adds the image.</summary>
    public static async Task<Image> CommitAsync(ImageStore store, ImageCommitOptions options, CancellationToken cancel = default)
    {
        ImageRunConfig config = ConfigChanges.Apply(options.Config, options.Changes);
        using ImageStore.Adding adding = store.BeginAdding();
        using ContentLease lease = store.Content.Lease();
        try
        {
            (Descriptor layer, Digest diffId) = await Task.Run(() => WriteLayer(lease, options.Upper, cancel), cancel);
            Descriptor document = ImageDocuments.WriteConfig(lease, Describe(options, config, diffId));
            Descriptor[] layers = [.. options.Base?.Layers ?? [], layer];
            Image image = await store.AddAsync(ImageDocuments.WriteManifest(lease, document, layers), options.Base?.Id, cancel);
            return options.Reference is null ? image : store.Tag(image.Id, options.Reference);
        }
        catch
        {
            adding.CollectAtEnd();
            throw;
        }
    }

    private static (Descriptor Layer, Digest DiffId) WriteLayer(ContentLease lease, FileDescriptor upper, CancellationToken cancel)
    {
        using IngestStream ingest = lease.Ingest();
        AppliedLayer written = LayerDiffer.Write(upper, ingest, cancel);
        long size = ingest.Count;
        return (new Descriptor { MediaType = MediaTypes.OciLayer, Digest = ingest.Commit(written.DiffId), Size = size }, written.DiffId);
    }

    private static ImageConfig Describe(ImageCommitOptions options, ImageRunConfig config, Digest diffId)
    {
        string created = Rfc3339.Format(DateTimeOffset.UtcNow);
        var step = new ImageHistory
        {
            Created = created,
            CreatedBy = options.CreatedBy.Length == 0 ? null : options.CreatedBy,
            Author = options.Author.Length == 0 ? null : options.Author,
            Comment = options.Message.Length == 0 ? null : options.Message,
        };
        ImageConfig basis = options.Base?.Config ?? new ImageConfig { Architecture = ImageImport.ThisArchitecture, Os = "linux" };
        return basis with
        {
            Created = created,
            Author = step.Author,
            Comment = step.Comment,
            Config = config,
            Rootfs = new ImageRootFs { DiffIds = [.. options.Base?.DiffIds ?? [], diffId] },
            History = [.. basis.History ?? [], step],
        };
    }
}
