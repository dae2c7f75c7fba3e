using System.Security.Cryptography;
using Tare.Archive.Layers;
using Tare.Distribution.Repositories;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;
using Tare.Storage.Snapshots;

namespace Tare.Images.Verify;

/// <summary>Something in the store that is not as it must be.</summary>
/// <param name="What">"blob" or "layer".</param>
/// <param name="Name">Its digest or chain.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Healed">It is well again.</param>
public sealed record Damage(string What, Digest Name, string Problem, bool Healed);

/// <summary>How images are verified.</summary>
public sealed record ImageVerifyOptions
{
    /// <summary>Mend what can be mended.</summary>
    public bool Heal { get; init; }

    /// <summary>Opens a registry's repository by a name of an image.</summary>
    public Func<Reference, Repository>? Registry { get; init; }

    /// <summary>True for a chain that a container uses now: its files may not be replaced.</summary>
    public Func<Digest, bool> InUse { get; init; } = _ => false;
}

/// <summary>
/// Reads everything of images anew and compares it with its digests: blobs with their names, unpacked layers with their archives. Heals a blob from a
/// registry that has it, and a layer from its blob. Stateless.
/// </summary>
public static class ImageVerify
{
    /// <summary>Verifies images; returns what was damaged.</summary>
    public static async Task<IReadOnlyList<Damage>> RunAsync(
        ImageStore store, IReadOnlyCollection<Image> images, ImageVerifyOptions options, Action<string> report, CancellationToken cancel)
    {
        using ImageStore.Adding adding = store.BeginAdding();
        using ContentLease lease = store.Content.Lease();
        var damages = new List<Damage>();
        // The chain of a plain bottom layer has its blob's digest: the two are not one thing.
        (HashSet<Digest> blobs, HashSet<Digest> chains) = ([], []);
        foreach (Image image in images)
        {
            foreach (Descriptor blob in image.Layers.Prepend(image.ConfigBlob).Prepend(image.Manifest).Where(b => blobs.Add(b.Digest)))
            {
                report($"blob {blob.Digest.Short}");
                if (Problem(store, blob, cancel) is { } problem)
                    damages.Add(new Damage("blob", blob.Digest, problem, options.Heal && await HealBlobAsync(store, image, blob, options, lease, cancel)));
            }
            for (int i = 0; i < image.ChainIds.Count; i++)
            {
                if (!chains.Add(image.ChainIds[i]))
                    continue;
                report($"layer {image.DiffIds[i].Short}");
                if (await LayerAsync(store, image, i, options, cancel) is { } damage)
                    damages.Add(damage);
            }
        }
        return damages;
    }

    private static string? Problem(ImageStore store, Descriptor blob, CancellationToken cancel)
    {
        if (store.Content.SizeOf(blob.Digest) is not { } size)
            return "is missing";
        if (size != blob.Size)
            return $"has {size} bytes, not {blob.Size}";
        using Stream content = store.Content.OpenRead(blob.Digest);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        while (content.Read(buffer) is var read and > 0)
        {
            cancel.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }
        return Digest.FromSha256(hash.GetHashAndReset()) == blob.Digest ? null : "has other content than its digest says";
    }

    private static async Task<bool> HealBlobAsync(ImageStore store, Image image, Descriptor blob, ImageVerifyOptions options, ContentLease lease, CancellationToken cancel)
    {
        if (options.Registry is not { } registry)
            return false;
        foreach (Reference name in image.Digests)
        {
            try
            {
                using PartialBlob partial = lease.Resume(blob.Digest, blob.Size);
                if (blob.Digest == image.Manifest.Digest)
                    partial.Write((await ManifestGet.RunAsync(registry(name), blob.Digest.ToString(), cancel)).Content);
                else
                    await BlobGet.RunAsync(registry(name), blob, new Pull.BlobWriter(partial), cancel);
                // Until here the damaged one stayed: it may be what a reader has open.
                store.Content.Discard(blob.Digest);
                partial.Commit();
                return true;
            }
            catch (TareException)
            {
                // Another name may lead to a registry that has it.
            }
        }
        return false;
    }

    private static async Task<Damage?> LayerAsync(ImageStore store, Image image, int index, ImageVerifyOptions options, CancellationToken cancel)
    {
        Digest chain = image.ChainIds[index];
        Digest blob = image.Layers[index].Digest;
        string? problem = "is not unpacked";
        if (store.Snapshots.TryGet(chain, out Snapshot? snapshot))
            problem = Compare(store, snapshot, blob, cancel);
        if (problem is null)
            return null;
        bool healed = options.Heal && !options.InUse(chain) && await RemakeAsync(store, image, index, cancel);
        return new Damage("layer", chain, problem + (options.Heal && options.InUse(chain) ? "; a container uses it: stop it first" : ""), healed);
    }

    private static string? Compare(ImageStore store, Snapshot snapshot, Digest blob, CancellationToken cancel)
    {
        try
        {
            using FileDescriptor directory = Fcntl.Open(snapshot.Directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
            using Stream layer = store.Content.OpenRead(blob);
            IReadOnlyList<string> differences = LayerCheck.Run(directory, layer, cancel);
            return differences.Count == 0 ? null : string.Join(", ", differences);
        }
        catch (Exception e) when (e is TareException or SyscallException)
        {
            return $"can not be compared: {e.Message}";
        }
    }

    private static async Task<bool> RemakeAsync(ImageStore store, Image image, int index, CancellationToken cancel)
    {
        try
        {
            store.Snapshots.Drop(image.ChainIds[index]);
            store.ForgetRootfs();
            _ = await store.Snapshots.EnsureAsync(
                index == 0 ? null : image.ChainIds[index - 1], image.DiffIds[index], () => store.Content.OpenRead(image.Layers[index].Digest), cancel);
            return true;
        }
        catch (TareException)
        {
            // Its blob is damaged too, and could not be healed.
            return false;
        }
    }
}
