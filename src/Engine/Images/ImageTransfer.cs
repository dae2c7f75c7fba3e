using Tare.Images;
using Tare.Images.Load;
using Tare.Images.Make;
using Tare.Images.Save;
using Tare.Oci;

namespace Tare.Engine.Images;

/// <summary>Images that come and go as archives: load, save, import. Thread-safe.</summary>
public sealed class ImageTransfer(ImageService images)
{
    /// <summary>Loads every image of an archive and returns what docker load prints, a line each.</summary>
    public async Task<IReadOnlyList<string>> LoadAsync(Stream archive, CancellationToken cancellation)
    {
        List<string> lines = [];
        foreach (LoadedImage loaded in await ImageLoad.LoadAsync(images.Store, archive, cancellation))
        {
            if (loaded.References.Count == 0)
                lines.Add($"Loaded image ID: {loaded.Image.Id}");
            lines.AddRange(loaded.References.Select(name => $"Loaded image: {name.Familiar}"));
            images.Publish("load", loaded.Image, loaded.References.Count > 0 ? loaded.References[0].Familiar : loaded.Image.Id.ToString());
        }
        return lines;
    }

    /// <summary>Finds the images of an archive to be written, before any byte is sent.</summary>
    public PreparedSave PrepareSave(IReadOnlyList<string> names)
    {
        ImageSave save = ImageSave.Prepare(images.Store, names);
        foreach (string name in names)
            images.Publish("save", images.Store.Resolve(name), name);
        return new PreparedSave(save);
    }

    /// <summary>Makes an image of one layer from a root file system's archive and returns its id.</summary>
    public async Task<string> ImportAsync(Stream archive, ImportOptions options, CancellationToken cancellation)
    {
        Reference? name = Name(options.Repository, options.Tag);
        Image image = await ImageImport.ImportAsync(images.Store, archive, new ImageImportOptions
        {
            Reference = name,
            Changes = options.Changes,
            Message = options.Message,
            Architecture = options.Architecture,
        }, cancellation);
        images.Publish("import", image, name?.Familiar ?? image.Id.ToString());
        return image.Id.ToString();
    }

    /// <summary>The reference of repo and tag as queries give them; null without a repository.</summary>
    internal static Reference? Name(string repository, string tag)
    {
        if (repository.Length == 0)
            return null;
        return Reference.Parse(tag.Length == 0 ? repository : $"{repository}:{tag}");
    }
}

/// <summary>What an import says beside the archive.</summary>
/// <param name="Repository">Name of the image, or empty for none.</param>
/// <param name="Tag">Its tag, or empty for latest.</param>
/// <param name="Changes">Dockerfile instructions.</param>
/// <param name="Message">Comment in the history.</param>
/// <param name="Architecture">This machine's when null.</param>
public sealed record ImportOptions(string Repository, string Tag, IReadOnlyList<string> Changes, string Message, string? Architecture);

/// <summary>An archive of images that were found and are held until this is disposed.</summary>
public sealed class PreparedSave : IDisposable
{
    private readonly ImageSave _save;

    internal PreparedSave(ImageSave save) => _save = save;

    /// <summary>Writes the archive.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancellation) => _save.WriteAsync(output, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _save.Dispose();
}
