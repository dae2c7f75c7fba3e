using Tare.Distribution;
using Tare.Engine.Images;
using Tare.EngineApi.Progress;
using Tare.EngineApi.Registries;
using Tare.Errors;
using Tare.Images.Platforms;
using Tare.Images.Push;
using Tare.Oci;

namespace Tare.Engine.Registries;

/// <summary>docker push: one tag or all tags of a repository. Thread-safe.</summary>
public sealed class ImagePushes
{
    private readonly ImageService _images;
    private readonly RegistryClient _registries;
    private readonly ImagePushOptions _options;

    internal ImagePushes(ImageService images, RegistryClient registries, ImagePushOptions options) => (_images, _registries, _options) = (images, registries, options);

    /// <summary>Pushes and reports what Docker's clients expect. A failure before the first report is one of the name.</summary>
    public async Task RunAsync(PushWish wish, Action<ProgressMessage> report, CancellationToken cancel)
    {
        PlatformChoice? platform = wish.Platform is null ? null : PlatformChoice.Parse(wish.Platform);
        Reference bare = Reference.ParseBare(wish.Image);
        if (bare.Digest is not null)
            throw TareException.Invalid("cannot push a digest reference");
        IReadOnlyList<Reference> names = wish.Tag.Length > 0 ? [bare.WithTag(wish.Tag)] : bare.Tag is not null ? [bare] : All(bare);
        foreach (Reference name in names)
        {
            if (!_images.Store.TryResolve(name.ToString(), out _))
                throw TareException.NotFound($"An image does not exist locally with the tag: {name.FamiliarRepository}");
        }
        report(new ProgressMessage { Status = $"The push refers to repository [{bare.Repository}]" });
        foreach (Reference name in names)
        {
            PushedImage pushed = await ImagePush.PushAsync(
                _images.Store, _registries.Open(name, RegistryAccess.Credentials(wish.Auth)), _options with { Platform = platform },
                step => report(ProgressMessage.Step(step.Id, step.Status, step.Current, step.Total)), cancel);
            report(new ProgressMessage { Status = $"{name.Tag}: digest: {pushed.Manifest.Digest} size: {pushed.Manifest.Size}" });
            report(new ProgressMessage
            {
                ProgressDetail = new ProgressDetail(),
                Aux = new ProgressAux { Tag = name.Tag, Digest = pushed.Manifest.Digest.ToString(), Size = pushed.Manifest.Size },
            });
            _images.Publish("push", pushed.Image, name.Familiar);
        }
    }

    private List<Reference> All(Reference bare)
    {
        List<Reference> names = [.. _images.Store.List().SelectMany(image => image.Tags).Where(tag => tag.Repository == bare.Repository)];
        return names.Count > 0 ? names : throw TareException.NotFound($"An image does not exist locally with the tag: {bare.FamiliarRepository}");
    }
}

/// <summary>What a client asks to be pushed.</summary>
/// <param name="Image">The name, perhaps with a tag.</param>
/// <param name="Tag">The tag apart from the name; empty with a bare name for all tags.</param>
/// <param name="Platform">os/architecture/variant, or null.</param>
/// <param name="Auth">Who asks.</param>
public sealed record PushWish(string Image, string Tag, string? Platform, AuthConfig Auth);
