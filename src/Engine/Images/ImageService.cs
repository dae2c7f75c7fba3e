using Tare.Engine.Containers.State;
using Tare.Engine.Events;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;
using Tare.Errors;
using Tare.Images;
using Tare.Images.Attestations;
using Tare.Images.Platforms;
using Tare.Images.Remove;
using Tare.Images.Usage;
using Tare.Oci;

namespace Tare.Engine.Images;

/// <summary>What users do with images that are here: list, inspect, history, tag, remove, prune. Thread-safe.</summary>
public sealed class ImageService(ImageStore store, ContainerStore containers, EventBus events)
{
    /// <summary>The images themselves.</summary>
    internal ImageStore Store => store;

    /// <summary>What they take on disk.</summary>
    internal ImageUsage Space { get; } = new(store);

    /// <summary>Those that pass the filters, newest first.</summary>
    public List<ImageSummary> List(FilterSet filters)
    {
        if (filters.FirstUnknownKey(ImageFilter.Keys) is { } unknown)
            throw TareException.Invalid($"invalid filter '{unknown}'");
        var filter = new ImageFilter(filters, store);
        return
        [
            .. store.List().Where(filter.Matches).Select(filter.Names).OrderByDescending(image => image.Created)
                .Select(image => ImageView.Summary(image, containers: -1)),
        ];
    }

    /// <summary>Adds to rows of a list what each image's name leads to: its platforms and the statements about them.</summary>
    public void AddManifests(IEnumerable<ImageSummary> rows)
    {
        foreach (ImageSummary row in rows)
        {
            if (store.TryGet(Digest.Parse(row.Id), out Image? image))
                row.Manifests = [.. ListedManifests.Of(store, image).Select(m => ManifestView.Summary(m, m.Image is null ? [] : UsesOf(m.Image.Id).Select(u => u.ContainerId)))];
        }
    }

    /// <summary>All images with the number of containers that use them, what they take on disk and what of that they share with others.</summary>
    public List<ImageSummary> Usage()
    {
        IReadOnlyDictionary<Digest, ImageSpace> spaces = Space.Each();
        return [.. store.List().OrderByDescending(image => image.Created).Select(image =>
        {
            ImageSummary summary = ImageView.Summary(image, UsesOf(image.Id).Count());
            ImageSpace space = spaces.GetValueOrDefault(image.Id);
            (summary.Size, summary.SharedSize) = (space.Bytes, space.Shared);
            return summary;
        })];
    }

    /// <summary>Bytes on disk of all that images are made of, each counted once.</summary>
    public long LayersSize() => Space.Total();

    /// <summary>Removes an image that no container uses; false when one does, or when it has gone.</summary>
    internal bool RemoveUnused(Image image) => !UsesOf(image.Id).Any() && RemoveWhole(image).Count > 0;

    /// <summary>NotFound "No such image: x:latest"; with a platform, the image of that platform which came under the same name.</summary>
    public ImageInspect Inspect(string reference, string? platform = null)
    {
        Image image = store.Resolve(reference);
        return ImageView.Inspect(platform is null ? image : PlatformImages.Find(store, image, PlatformChoice.Parse(platform), reference));
    }

    /// <summary>Statements about an image, perhaps of certain predicate types, with their bodies when asked for.</summary>
    public List<AttestationStatement> Attestations(string reference, string? platform, IReadOnlyList<string> types, bool bodies)
    {
        Image image = store.Resolve(reference);
        if (platform is not null && PlatformChoice.Parse(platform).Rank(image.Config.Os, image.Config.Architecture, image.Config.Variant) == 0)
            throw TareException.NotFound($"image {reference} is here, but not for {platform}");
        return [.. ImageAttestations.Of(store, image, types).Select(a => ImageView.Attestation(a, bodies ? store.Content.ReadAll(a.Blob.Digest) : null))];
    }

    /// <summary>Steps with their sizes, newest first.</summary>
    public List<HistoryItem> History(string reference) => ImageView.History(store.Resolve(reference));

    /// <summary>Gives an image one more name.</summary>
    public void Tag(string reference, string repository, string tag)
    {
        Image image = store.Resolve(reference);
        Reference name = Reference.Parse(tag.Length == 0 ? repository : $"{repository}:{tag}");
        _ = store.Tag(image.Id, name);
        Publish("tag", image, name.Familiar);
    }

    /// <summary>Takes a name away, and with the last one the image.</summary>
    public List<DeleteItem> Remove(string reference, bool force)
    {
        Image image = store.Resolve(reference);
        return Report(image, ImageRemove.Remove(store, reference, force, UsesOf));
    }

    /// <summary>Removes images without names, or with the filter dangling=false all that no container uses.</summary>
    public ImagesPruneResponse Prune(FilterSet filters)
    {
        bool all = filters["dangling"] is ["0" or "false" or "False"];
        var rest = new FilterSet();
        foreach (string key in filters.Keys.Where(key => key != "dangling"))
        {
            foreach (string value in filters[key])
                rest.Add(key, value);
        }
        var filter = new ImageFilter(rest, store);
        var response = new ImagesPruneResponse();
        long before = LayersSize();
        foreach (Image image in store.List().Where(filter.Matches).Where(image => all || image.Tags.Count == 0))
        {
            if (UsesOf(image.Id).Any())
                continue;
            (response.ImagesDeleted ??= []).AddRange(RemoveWhole(image));
        }
        store.DropBroken();
        response.SpaceReclaimed = (ulong)Math.Max(0, before - LayersSize());
        events.Publish("image", "prune", "", new Dictionary<string, string> { ["reclaimed"] = $"{response.SpaceReclaimed}" });
        return response;
    }

    /// <summary>Tells of something that happened to an image.</summary>
    internal void Publish(string action, Image image, string name)
    {
        var attributes = new Dictionary<string, string>(image.Config.Config?.Labels ?? []) { ["name"] = name };
        events.Publish("image", action, image.Id.ToString(), attributes);
    }

    private List<DeleteItem> RemoveWhole(Image image)
    {
        try
        {
            return Report(image, ImageRemove.Remove(store, image.Id.ToString(), image.Tags.Count > 0, UsesOf));
        }
        catch (TareException error) when (error.Kind is ErrorKind.Conflict or ErrorKind.NotFound)
        {
            // A container took it, or somebody removed it, between the look and the removal.
            return [];
        }
    }

    private List<DeleteItem> Report(Image image, IReadOnlyList<RemovedImage> removed)
    {
        foreach (RemovedImage line in removed)
        {
            if (line.Untagged is { } name && !name.Contains('@', StringComparison.Ordinal))
                Publish("untag", image, name);
            else if (line.Deleted == image.Id.ToString())
                Publish("delete", image, line.Deleted);
        }
        return [.. removed.Select(line => new DeleteItem { Untagged = line.Untagged, Deleted = line.Deleted })];
    }

    private IEnumerable<ImageUse> UsesOf(Digest id)
    {
        string text = id.ToString();
        return containers.Records.Where(record => record.ImageId == text).Select(record => new ImageUse(record.Id, record.State.HasProcess));
    }
}
