using System.IO.Compression;
using Tare.Archive.Files;
using Tare.Archive.Tar;
using Tare.Images;
using Tare.Images.Make;
using Tare.Linux;
using Tare.Oci;
using Tare.Storage.Metadata;

namespace Tare.Tests.Kernel.Images;

/// <summary>An image store in a throw-away data root, which can be closed and opened again.</summary>
internal sealed class ImageStoreFixture : IDisposable
{
    private Database _database;

    public ImageStoreFixture(string? root = null)
    {
        Root = root ?? Path.Combine("/var/tmp", $"tare-test-{Guid.NewGuid():N}");
        _ = Directory.CreateDirectory(Root);
        _database = Database.Open(Path.Combine(Root, "tare.db"));
        Store = ImageStore.Open(Root, _database);
    }

    public string Root { get; }

    public ImageStore Store { get; private set; }

    public Database Database => _database;

    public void Reopen()
    {
        _database.Dispose();
        _database = Database.Open(Path.Combine(Root, "tare.db"));
        Store = ImageStore.Open(Root, _database);
    }

    public Task<Image> ImportAsync(string name, params string[] files) =>
        ImageImport.ImportAsync(Store, new MemoryStream(Tar(files)), new ImageImportOptions { Reference = Reference.Parse(name), Changes = ["CMD [\"/a\"]"], Message = "made by a test" });

    /// <summary>A tar of small files that hold their own names.</summary>
    public static byte[] Tar(params string[] files)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        foreach (string file in files)
            writer.WriteFile(file, FileName.Encode(file));
        writer.End();
        return stream.ToArray();
    }

    public static byte[] Gzip(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
            gzip.Write(content);
        return stream.ToArray();
    }

    /// <summary>Everything on disk but the database, sorted.</summary>
    public IReadOnlyList<string> Files() =>
        [.. Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Where(f => !f.Contains("tare.db", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        _database.Dispose();
        using FileDescriptor parent = Fcntl.Open(Path.GetDirectoryName(Root)!, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        TreeRemoval.Remove(parent, Path.GetFileName(Root));
    }
}
