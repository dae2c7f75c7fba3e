using Tare.Distribution.Repositories;
using Tare.Errors;
using Tare.Images.Attestations;
using Tare.Images.Platforms;
using Tare.Images.Progress;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Pull;

/// <summary>What a pull is asked for beside the name.</summary>
public sealed record ImagePullOptions
{
    /// <summary>Which of several images of an index.</summary>
    public PlatformChoice? Platform { get; init; }

    /// <summary>Asked with the manifest that a name or digest means, before anything else of it is fetched; throws when it may not come here.</summary>
    public Func<FetchedManifest, Task>? Admit { get; init; }
}

/// <summary>An image that was pulled, the digest that its name means in the registry, and whether it was here already.</summary>
public sealed record PulledImage(Image Image, Digest Digest, bool UpToDate);

/// <summary>
/// docker pull: fetches an image by tag or digest. Layers come side by side and are unpacked while they come; what a broken pull has brought stays for
/// the next one, also after a restart. Stateless.
/// </summary>
public static class ImagePull
{
    /// <summary>Pulls one image; nothing is visible of it before all of it is here and verified.</summary>
    public static async Task<PulledImage> PullAsync(
        ImageStore store, Repository repository, ImagePullOptions options, Action<ImageProgress> report, CancellationToken cancel)
    {
        Reference reference = repository.Reference;
        using ImageStore.Adding adding = store.BeginAdding();
        using ContentLease lease = store.Content.Lease();
        try
        {
            FetchedManifest top = await TopAsync(repository, cancel);
            if (options.Admit is { } admit)
                await admit(top);
            _ = lease.Write(top.Content);
            FetchedManifest own = await ChooseAsync(repository, top, options.Platform, lease, cancel);
            ImageManifest manifest = ManifestRules.Manifest(own.Content, $"manifest {own.Descriptor.Digest} of {reference.Repository}");
            bool here = IsHere(store, reference, top.Descriptor.Digest, manifest.Config.Digest);

            // From here on a restart finds what was fetched.
            Digest[] blobs = [top.Descriptor.Digest, own.Descriptor.Digest, manifest.Config.Digest, .. manifest.Layers.Select(l => l.Digest)];
            store.Pulls.Begin(reference, blobs);
            ImageConfig config = await ConfigAsync(store, repository, manifest, lease, options.Platform, cancel);
            store.Pulls.Begin(reference, blobs, ChainId.OfAll(config.Rootfs?.DiffIds ?? []));
            await LayersAsync(store, repository, manifest, config.Rootfs?.DiffIds ?? [], lease, report, cancel);
            store.Forms.Remember((config.Rootfs?.DiffIds ?? []).Zip(manifest.Layers), reference);
            if (MediaTypes.IsIndex(top.Descriptor.MediaType))
                await ImageAttestations.FetchAsync(store, repository, top, own.Descriptor.Digest, lease, cancel);
            Image image = await store.AddAsync(own.Descriptor, null, cancel);
            image = store.Name(image.Id, reference, top.Descriptor.Digest);
            store.Pulls.End(reference);
            return new PulledImage(image, top.Descriptor.Digest, here);
        }
        catch
        {
            adding.CollectAtEnd();
            throw;
        }
    }

    private static async Task<FetchedManifest> TopAsync(Repository repository, CancellationToken cancel)
    {
        Reference reference = repository.Reference;
        try
        {
            return await ManifestGet.RunAsync(repository, reference.Digest?.ToString() ?? reference.Tag!, cancel);
        }
        catch (TareException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw new TareException(ErrorKind.NotFound, $"manifest for {reference.Familiar} not found", e);
        }
    }

    private static async Task<FetchedManifest> ChooseAsync(Repository repository, FetchedManifest top, PlatformChoice? platform, ContentLease lease, CancellationToken cancel)
    {
        FetchedManifest current = top;
        for (int depth = 0; MediaTypes.IsIndex(current.Descriptor.MediaType); depth++)
        {
            string what = $"index {current.Descriptor.Digest} of {repository.Reference.Repository}";
            if (depth == 4)
                throw TareException.Invalid($"{what}: indexes nested too deeply");
            PlatformChoice wanted = platform ?? PlatformChoice.Host;
            Descriptor chosen = wanted.Choose(ManifestRules.Index(current.Content, what).Manifests)
                ?? throw TareException.NotFound($"no matching manifest for {wanted} in the manifest list entries");
            current = await ManifestGet.RunAsync(repository, chosen.Digest.ToString(), cancel);
            if (current.Descriptor.Size != chosen.Size)
                throw TareException.Invalid($"{what}: {chosen.Digest} has {current.Descriptor.Size} bytes, not {chosen.Size}");
            _ = lease.Write(current.Content);
        }
        return current;
    }

    private static async Task<ImageConfig> ConfigAsync(
        ImageStore store, Repository repository, ImageManifest manifest, ContentLease lease, PlatformChoice? platform, CancellationToken cancel)
    {
        await BlobAsync(store, repository, manifest.Config, lease, cancel);
        ImageConfig config = ImageJson.Parse(store.Content.ReadAll(manifest.Config.Digest), ImageJson.Default.ImageConfig, "image config");
        if ((config.Rootfs?.DiffIds ?? []) is var diffIds && diffIds.Length != manifest.Layers.Length)
            throw TareException.Invalid($"invalid image: {manifest.Layers.Length} layers, but the config names {diffIds.Length}");
        if (platform is not null && config.Os.Length > 0 && platform.Rank(config.Os, config.Architecture, config.Variant) == 0)
            throw TareException.NotFound($"image with reference {repository.Reference.Familiar} was found but its platform ({config.Os}/{config.Architecture}) does not match the specified platform ({platform})");
        return config;
    }

    /// <summary>Brings one small blob here.</summary>
    internal static async Task BlobAsync(ImageStore store, Repository repository, Descriptor blob, ContentLease lease, CancellationToken cancel)
    {
        if (lease.TryUse(blob.Digest))
            return;
        using BlobTransfer transfer = store.Transfers.Join(blob, (target, token) => BlobGet.RunAsync(repository, blob, new BlobWriter(target), token));
        await transfer.Completion.WaitAsync(cancel);
    }

    private static async Task LayersAsync(
        ImageStore store, Repository repository, ImageManifest manifest, Digest[] diffIds, ContentLease lease, Action<ImageProgress> report, CancellationToken cancel)
    {
        IReadOnlyList<Digest> chain = ChainId.OfAll(diffIds);
        var progress = manifest.Layers.Select(layer => new LayerProgress(layer, report)).ToList();
        var layers = manifest.Layers.Select((layer, i) => new LayerPull(store, layer, i == 0 ? null : chain[i - 1], diffIds[i], progress[i])).ToList();
        using var first = new FirstFailure(cancel);
        try
        {
            for (int i = 0; i < layers.Count; i++)
            {
                Descriptor blob = manifest.Layers[i];
                _ = lease.TryUse(blob.Digest);
                first.Watch(layers[i].Begin((target, token) => BlobGet.RunAsync(repository, blob, new BlobWriter(target), token)));
            }
            await using var clock = new ProgressClock(() => progress.ForEach(p => p.Look()));
            foreach (LayerPull layer in layers)
                await layer.UnpackAsync(first.Token);
            foreach (LayerPull layer in layers)
                await layer.EndAsync(first.Token);
        }
        catch (OperationCanceledException) when (first.Failure is { } failure && !cancel.IsCancellationRequested)
        {
            throw failure;
        }
        finally
        {
            layers.ForEach(layer => layer.Dispose());
        }
    }

    private static bool IsHere(ImageStore store, Reference reference, Digest digest, Digest id) =>
        store.TryGet(id, out Image? image)
        && image.Digests.Any(d => d.Repository == reference.Repository && d.Digest == digest)
        && (reference.Tag is null || image.Tags.Any(t => t.Repository == reference.Repository && t.Tag == reference.Tag));
}
