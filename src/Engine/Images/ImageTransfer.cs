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

    /// <summary>Finds the images of an archive to be written, before any byte is sent; dispose the result.</summary>
    public ImageSave PrepareSave(IReadOnlyList<string> names)
    {
        ImageSave save = ImageSave.Prepare(images.Store, names);
        foreach (string name in names)
            images.Publish("save", images.Store.Resolve(name), name);
        return save;
    }

    /// <summary>Makes an image of one layer from a root file system's archive and returns its id.</summary>
    public async Task<string> ImportAsync(Stream archive, ImageImportOptions options, CancellationToken cancellation)
    {
        Image image = await ImageImport.ImportAsync(images.Store, archive, options, cancellation);
        images.Publish("import", image, options.Reference?.Familiar ?? image.Id.ToString());
        return image.Id.ToString();
    }

    /// <summary>The reference of repo and tag as queries give them; null without a repository.</summary>
    public static Reference? Name(string repository, string tag)
    {
        if (repository.Length == 0)
            return null;
        return Reference.Parse(tag.Length == 0 ? repository : $"{repository}:{tag}");
    }
}
