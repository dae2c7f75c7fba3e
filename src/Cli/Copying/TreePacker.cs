using System.Formats.Tar;

namespace Tare.Cli.Copying;

/// <summary>Writes a local file or directory as a tar whose entries begin with a given name.</summary>
internal static class TreePacker
{
    /// <summary>Packs; an empty name packs only what is in the directory.</summary>
    public static void Pack(string source, string name, bool followLink, Stream target)
    {
        using var writer = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        string start = followLink && new FileInfo(source).LinkTarget is not null
            ? File.ResolveLinkTarget(source, returnFinalTarget: true)?.FullName ?? source
            : source;
        Add(writer, start, name);
    }

    private static void Add(TarWriter writer, string path, string name)
    {
        var info = new FileInfo(path);
        bool isDirectory = info.LinkTarget is null && (info.Attributes & FileAttributes.Directory) != 0;
        if (name.Length > 0)
            writer.WriteEntry(path, isDirectory ? name + "/" : name);
        if (!isDirectory)
            return;
        foreach (string child in Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
            Add(writer, child, name.Length > 0 ? $"{name}/{Path.GetFileName(child)}" : Path.GetFileName(child));
    }
}
