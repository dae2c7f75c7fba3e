using System.IO.Pipelines;
using Tare.Archive.Trees;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Linux;

namespace Tare.Engine.Containers.Mounts;

/// <summary>Fills an empty volume with what the image has at its place, owners and modes included, when a container first uses it.</summary>
internal sealed class VolumeCopyUp(ContainerContext context)
{
    /// <summary>Copies for all volumes of a new container that are empty and not "nocopy".</summary>
    internal async Task RunAsync(ContainerRecord record)
    {
        MountRecord[] volumes = [.. record.Mounts.Where(m => m.Kind == MountKind.Volume && !m.NoCopy && string.IsNullOrEmpty(m.Subpath))];
        if (volumes.Length == 0 || record.Chain.Length == 0)
            return;
        using FileDescriptor root = Overlay.Mount(new RootFilesystem(context).Lowers(record), null, null, false);
        foreach (MountRecord mount in volumes)
        {
            await context.Volumes.MountAsync(mount.VolumeName!, record.Id);
            try
            {
                await FillAsync(root, mount);
            }
            finally
            {
                await context.Volumes.UnmountAsync(mount.VolumeName!, record.Id);
            }
        }
    }

    private static async Task FillAsync(FileDescriptor root, MountRecord mount)
    {
        if (Fcntl.TryOpenInRoot(root, mount.Destination, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, 0, out FileDescriptor from) != Errno.None)
            return;
        using (from)
        {
            using FileDescriptor to = Fcntl.Open(mount.Source, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
            if (Dirent.List(to).Exists(entry => entry.Name != "lost+found"))
                return;
            if (Dirent.List(from).Count > 0)
                await CopyAsync(from, to);
            FileStatus status = Stat.Of(from);
            _ = Unistd.TryChown(to, "", status.UserId, status.GroupId);
            _ = Stat.TryChmod(to, status.Mode & 0xfff);
        }
    }

    /// <summary>One side writes an archive, the other unpacks it, at the same time.</summary>
    private static async Task CopyAsync(FileDescriptor from, FileDescriptor to)
    {
        var pipe = new Pipe();
        Task write = Task.Run(() =>
        {
            Exception? failure = null;
            try
            {
                TreeExport.WriteAll(from, pipe.Writer.AsStream());
            }
            catch (Exception error)
            {
                // Goes to the reading side, which would otherwise see a short archive.
                failure = error;
            }
            pipe.Writer.Complete(failure);
        });
        await Task.Run(() =>
        {
            using Stream archive = pipe.Reader.AsStream();
            TreeExtractor.Extract(to, "/", archive, new TreeExtractOptions());
        });
        await write;
    }
}
