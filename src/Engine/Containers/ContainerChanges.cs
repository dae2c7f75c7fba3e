using Tare.Archive.Layers;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>docker diff: what a container has changed in its image's files.</summary>
public sealed class ContainerChanges(ContainerContext context, Start.RootFilesystem rootfs)
{
    /// <summary>Paths that are modified (0), added (1) or deleted (2), in order.</summary>
    public IReadOnlyList<FilesystemChange> List(string reference)
    {
        Container container = context.Store.Get(reference);
        using FileDescriptor upper = rootfs.OpenUpper(container.Record);
        List<FileDescriptor> lowers = [.. rootfs.Lowers(container.Record).Select(path => Fcntl.Open(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY))];
        try
        {
            return [.. LayerChanges.List(upper, lowers).Select(change => new FilesystemChange { Kind = (int)change.Kind, Path = change.Path })];
        }
        finally
        {
            lowers.ForEach(lower => lower.Dispose());
        }
    }
}
