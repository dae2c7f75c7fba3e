using Tare.Archive.Tar;
using Tare.Linux;

namespace Tare.Archive.Trees;

/// <summary>Whole archives of a mounted root filesystem: docker export and docker cp out of a container. Stateless.</summary>
public static class TreeExport
{
    /// <summary>The content of a root filesystem, without that of volumes and other mounts in it.</summary>
    public static void WriteAll(FileDescriptor root, Stream output, CancellationToken cancel = default) =>
        Write(root, ".", new TreeArchiveOptions { OneMount = true }, output, cancel);

    /// <summary>What a path names, under its last component as the first entry's name.</summary>
    public static void WritePath(TreePath path, Stream output, uint idBase = 0, CancellationToken cancel = default) =>
        Write(path.Parent, path.Name, new TreeArchiveOptions { IdBase = idBase, Name = path.ShownName == "/" ? "." : path.ShownName }, output, cancel);

    private static void Write(FileDescriptor directory, string name, TreeArchiveOptions options, Stream output, CancellationToken cancel)
    {
        using var buffered = new BufferedStream(new NonClosingStream(output), 256 * 1024);
        var writer = new TarWriter(buffered);
        _ = TreeArchiver.Write(directory, name, writer, options, cancel);
        writer.End();
        buffered.Flush();
    }
}
