using Tare.Archive.Files;
using Tare.Archive.Layers;
using Tare.Archive.Tar;
using Tare.Linux;

namespace Tare.Tests.Kernel.Archive;

/// <summary>A throw-away directory on a real file system that layers are applied to, with short ways to ask what is in it.</summary>
internal sealed class LayerDirectory : IDisposable
{
    private readonly string _parent = Path.Combine("/var/tmp", $"tare-test-{Guid.NewGuid():N}");

    public LayerDirectory()
    {
        _ = Directory.CreateDirectory(Root);
        Descriptor = Fcntl.Open(Root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
    }

    public string Root => Path.Combine(_parent, "fs");

    /// <summary>A directory beside the root, where nothing may ever appear.</summary>
    public string Outside => _parent;

    public FileDescriptor Descriptor { get; }

    public AppliedLayer Apply(byte[] tar, params FileDescriptor[] lowers) => LayerApplier.Apply(Descriptor, new MemoryStream(tar), new LowerLayers(() => lowers));

    public (byte[] Tar, AppliedLayer Layer) Diff()
    {
        using var stream = new MemoryStream();
        AppliedLayer layer = LayerDiffer.Write(Descriptor, stream);
        return (stream.ToArray(), layer);
    }

    public FileStatus Status(string path)
    {
        Assert.Equal(Errno.None, Stat.TryOf(Descriptor, path, out FileStatus status));
        return status;
    }

    public string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    public string Xattr(string path, string attribute)
    {
        (string parent, string name) = EntryPath.Split(path);
        using FileDescriptor directory = parent.Length == 0 ? Descriptor.Duplicate() : Fcntl.OpenAt(Descriptor, parent, Fcntl.O_PATH | Fcntl.O_DIRECTORY);
        return Linux.Xattr.TryGet(directory, name, attribute, out byte[] value) == Errno.None ? Convert.ToHexStringLower(value) : "";
    }

    public static byte[] Tar(params TarEntry[] entries)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        foreach (TarEntry entry in entries)
        {
            writer.Begin(entry);
            writer.PadContent();
        }
        writer.End();
        return stream.ToArray();
    }

    public static TarEntry Entry(TarEntryType type, string name, string link = "", uint mode = 0x1ed, uint major = 0, uint minor = 0, long size = 0) =>
        new() { Type = type, Name = name, LinkName = link, Mode = mode, DeviceMajor = major, DeviceMinor = minor, Size = size, UserId = 7, GroupId = 8, ModifiedSeconds = 1000, ModifiedNanoseconds = 5 };

    public void Dispose()
    {
        Descriptor.Dispose();
        using FileDescriptor parent = Fcntl.Open("/var/tmp", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        TreeRemoval.Remove(parent, Path.GetFileName(_parent));
    }
}
