using System.Runtime.InteropServices;
using Tare.Archive.Compression;
using Tare.Errors;
using Tare.Images.Load;
using Tare.Oci;
using Tare.Oci.Image;
using Tare.Storage.Content;

namespace Tare.Images.Make;

/// <summary>What docker import may say beside the archive.</summary>
public sealed record ImageImportOptions
{
    /// <summary>The new image's name, or none.</summary>
    public Reference? Reference { get; init; }

    /// <summary>Dockerfile instructions that set the config.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The comment in the history.</summary>
    public string Message { get; init; } = "";

    /// <summary>amd64, arm64, …; this machine's when null.</summary>
    public string? Architecture { get; init; }
}

/// <summary>docker import: makes an image of one layer from the tar of a root file system, compressed or not. Stateless.</summary>
public static class ImageImport
{
    /// <summary>Reads the archive to its end and adds the image.</summary>
    public static async Task<Image> ImportAsync(ImageStore store, Stream archive, ImageImportOptions options, CancellationToken cancel = default)
    {
        // A wrong change is refused before the archive is read.
        ImageRunConfig config = ConfigChanges.Apply(new ImageRunConfig(), options.Changes);
        using ImageStore.Adding adding = store.BeginAdding();
        using ContentLease lease = store.Content.Lease();
        try
        {
            (Descriptor layer, Digest diffId) = await BlockingStream.RunAsync(archive, s => Ingest(store.Content, lease, s, cancel), cancel);
            string created = Rfc3339.Format(DateTimeOffset.UtcNow);
            Descriptor document = ImageDocuments.WriteConfig(lease, new ImageConfig
            {
                Created = created,
                Architecture = options.Architecture ?? ThisArchitecture,
                Os = "linux",
                Config = config,
                Rootfs = new ImageRootFs { DiffIds = [diffId] },
                History = [new ImageHistory { Created = created, Comment = options.Message.Length == 0 ? "Imported from -" : options.Message }],
            });
            Image image = await store.AddAsync(ImageDocuments.WriteManifest(lease, document, [layer]), null, cancel);
            return options.Reference is null ? image : store.Tag(image.Id, options.Reference);
        }
        catch
        {
            adding.CollectAtEnd();
            throw;
        }
    }

    internal static string ThisArchitecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static (Descriptor Layer, Digest DiffId) Ingest(ContentStore store, ContentLease lease, Stream archive, CancellationToken cancel)
    {
        using IngestStream ingest = lease.Ingest();
        byte[] buffer = new byte[256 * 1024];
        int read = archive.ReadAtLeast(buffer, 512, throwOnEndOfStream: false);
        if (read == 0)
            throw TareException.Invalid("import: the archive is empty");
        CompressionKind kind = Decompression.Detect(buffer.AsSpan(0, read));
        for (; read > 0; read = archive.Read(buffer, 0, buffer.Length))
        {
            cancel.ThrowIfCancellationRequested();
            ingest.Write(buffer.AsSpan(0, read));
        }
        long size = ingest.Count;
        Digest digest = ingest.Commit();
        var layer = new Descriptor { MediaType = DockerArchive.LayerType(store, digest), Digest = digest, Size = size };
        return (layer, kind == CompressionKind.None ? digest : DiffIdOf(store, digest));
    }

    private static Digest DiffIdOf(ContentStore store, Digest layer)
    {
        using Stream blob = store.OpenRead(layer);
        using var plain = new HashingStream(Decompression.Open(blob));
        byte[] buffer = new byte[256 * 1024];
        while (plain.Read(buffer) > 0)
        {
        }
        return plain.Finish();
    }
}
