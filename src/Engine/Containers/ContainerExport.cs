using Tare.Archive.Compression;
using Tare.Archive.Trees;
using Tare.Engine.Containers.State;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>docker export: a container's whole file system as a tar, without its volumes.</summary>
public sealed class ContainerExport(ContainerContext context, Start.RootFilesystem rootfs)
{
    /// <summary>Finds the container; NotFound before any byte is written.</summary>
    public void Check(string reference) => _ = context.Store.Get(reference);

    /// <summary>Writes the tar.</summary>
    public async Task WriteAsync(string reference, Stream output, CancellationToken cancel)
    {
        Container container = context.Store.Get(reference);
        using FileDescriptor root = rootfs.OpenBare(container);
        _ = await BlockingStream.RunAsync(output, stream =>
        {
            TreeExport.WriteAll(root, stream, cancel);
            return true;
        }, cancel);
        context.Publish(container.Record, "export");
    }
}
