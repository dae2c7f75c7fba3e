using Tare.Archive.Compression;
using Tare.Distribution.Repositories;
using Tare.Errors;
using Tare.Images.Platforms;
using Tare.Images.Progress;
using Tare.Images.Pull;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Push;

/// <summary>What a push is asked for beside the name.</summary>
public sealed record ImagePushOptions
{
    /// <summary>Only this platform's image, when the name means several.</summary>
    public PlatformChoice? Platform { get; init; }

    /// <summary>How many blobs are sent at a time.</summary>
    public int Uploads { get; init; } = 5;

    /// <summary>How well plain layers are compressed, 1 for the fastest to 9 for the smallest.</summary>
    public int CompressionLevel { get; init; } = BlockGzip.DefaultLevel;
}

/// <summary>What a registry now has under a tag.</summary>
public sealed record PushedImage(Image Image, Descriptor Manifest);

/// <summary>
/// docker push: brings an image into a registry. What the registry has is not sent; what another of its repositories has is mounted; plain layers are
/// compressed first. An index whose images are all here goes as a whole. Stateless.
/// </summary>
public static class ImagePush
{
    /// <summary>Pushes the image of a tag under that tag.</summary>
    public static async Task<PushedImage> PushAsync(
        ImageStore store, Repository repository, ImagePushOptions options, Action<ImageProgress> report, CancellationToken cancel)
    {
        Reference reference = repository.Reference;
        Image image = store.Resolve(reference.ToString());
        using ImageStore.Adding adding = store.BeginAdding();
        using ContentLease lease = store.Content.Lease();
        Descriptor top = PushPlan.Top(store, image, options.Platform);
        IReadOnlyList<Descriptor> manifests = MediaTypes.IsIndex(top.MediaType) ? PushPlan.Children(store, top) : [top];
        using var places = new SemaphoreSlim(options.Uploads);
        for (int i = 0; i < manifests.Count; i++)
        {
            Descriptor sent = await ManifestAsync(store, repository, manifests[i], places, lease, report, manifests.Count == 1 ? options.CompressionLevel : null, cancel);
            if (manifests.Count == 1 && !MediaTypes.IsIndex(top.MediaType))
                top = sent;
            else
                await ManifestPut.RunAsync(repository, sent.Digest.ToString(), sent.MediaType, store.Content.ReadAll(sent.Digest), cancel);
        }
        await ManifestPut.RunAsync(repository, reference.Tag!, top.MediaType, store.Content.ReadAll(top.Digest), cancel);
        return new PushedImage(store.Name(image.Id, reference.WithDigest(top.Digest), top.Digest), top);
    }

    /// <summary>Sends what one manifest names; returns the manifest to send, which is another one when layers had to be compressed.</summary>
    private static async Task<Descriptor> ManifestAsync(
        ImageStore store, Repository repository, Descriptor descriptor, SemaphoreSlim places, ContentLease lease, Action<ImageProgress> report, int? level, CancellationToken cancel)
    {
        ImageManifest manifest = ImageDocuments.ReadManifest(store.Content, descriptor.Digest);
        Digest[] diffIds = DiffIds(store, manifest);
        using var first = new FirstFailure(cancel);
        var layers = manifest.Layers.Select((layer, i) => new LayerPush(store, repository, layer, i < diffIds.Length ? diffIds[i] : layer.Digest, report)).ToList();
        await using var clock = new ProgressClock(() => layers.ForEach(l => l.Look()));
        List<Task<Descriptor>> sending = [.. layers.Select(layer => PlacedAsync(places, () => layer.RunAsync(lease, level, first.Token), first.Token))];
        IReadOnlyList<string> sources = PushPlan.Sources(store, manifest.Config.Digest, manifest.Config.Digest, repository.Reference);
        Task config = BlobPut.RunAsync(repository, manifest.Config, sources, () => store.Content.OpenRead(manifest.Config.Digest), _ => { }, first.Token);
        sending.ForEach(first.Watch);
        first.Watch(config);
        Descriptor[] sent;
        try
        {
            await Task.WhenAll(sending.Append(config));
            sent = [.. sending.Select(s => s.Result)];
        }
        catch when (first.Failure is { } failure && !cancel.IsCancellationRequested)
        {
            throw failure;
        }
        if (sent.Select(s => s.Digest).SequenceEqual(manifest.Layers.Select(l => l.Digest)))
            return descriptor;
        byte[] json = ImageJson.Bytes(manifest with { Layers = sent }, ImageJson.Default.ImageManifest);
        return descriptor with { Digest = lease.Write(json), Size = json.Length };
    }

    private static async Task<Descriptor> PlacedAsync(SemaphoreSlim places, Func<Task<Descriptor>> send, CancellationToken cancel)
    {
        await places.WaitAsync(cancel);
        try
        {
            return await send();
        }
        finally
        {
            _ = places.Release();
        }
    }

    // An attestation's layers are no file systems; its config names none.
    private static Digest[] DiffIds(ImageStore store, ImageManifest manifest)
    {
        if (manifest.Config.MediaType is not (MediaTypes.OciConfig or MediaTypes.DockerConfig))
            return [];
        return ImageJson.Parse(store.Content.ReadAll(manifest.Config.Digest), ImageJson.Default.ImageConfig, "image config").Rootfs?.DiffIds ?? [];
    }
}
