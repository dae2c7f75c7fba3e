using Tare.Distribution;
using Tare.Distribution.Repositories;
using Tare.Engine.Images;
using Tare.EngineApi.Progress;
using Tare.EngineApi.Registries;
using Tare.Errors;
using Tare.Images.Platforms;
using Tare.Images.Pull;
using Tare.Images.Trust;
using Tare.Oci;

namespace Tare.Engine.Registries;

/// <summary>docker pull: one tag, one digest or all tags of a repository. Thread-safe.</summary>
public sealed class ImagePulls
{
    private readonly ImageService _images;
    private readonly RegistryClient _registries;

    private readonly ImageBudget _budget;
    private readonly ImageTrust _trust;

    internal ImagePulls(ImageService images, RegistryClient registries, ImageBudget budget, ImageTrust trust) =>
        (_images, _registries, _budget, _trust) = (images, registries, budget, trust);

    /// <summary>Pulls and reports what Docker's clients expect. A failure before the first report is one of the name or the access.</summary>
    public async Task RunAsync(PullWish wish, Action<ProgressMessage> report, CancellationToken cancel)
    {
        PlatformChoice? platform = wish.Platform.Length == 0 ? null : PlatformChoice.Parse(wish.Platform);
        Reference bare = Name(wish);
        if (bare.Tag is not null || bare.Digest is not null)
        {
            await OneAsync(bare, wish, platform, report, cancel);
            return;
        }
        foreach (string tag in await DenyAsync(bare, () => TagsGet.RunAsync(Open(bare, wish), cancel)))
            await OneAsync(bare.WithTag(tag), wish, platform, report, cancel);
    }

    private async Task OneAsync(Reference reference, PullWish wish, PlatformChoice? platform, Action<ProgressMessage> report, CancellationToken cancel)
    {
        Repository repository = Open(reference, wish);
        var options = new ImagePullOptions
        {
            Platform = platform,
            Admit = async top =>
            {
                report(new ProgressMessage { Status = $"Pulling from {reference.Path}", Id = reference.Tag ?? reference.Digest!.ToString() });
                await TrustAsync(repository, top.Descriptor.Digest, cancel);
            },
        };
        PulledImage pulled = await DenyAsync(reference, () =>
            ImagePull.PullAsync(_images.Store, repository, options, step => report(ProgressMessage.Step(step.Id, step.Status, step.Current, step.Total)), cancel));
        report(new ProgressMessage { Status = $"Digest: {pulled.Digest}" });
        report(new ProgressMessage { Status = $"Status: {(pulled.UpToDate ? "Image is up to date" : "Downloaded newer image")} for {reference.Familiar}" });
        _images.Publish("pull", pulled.Image, reference.Familiar);
        _ = await Task.Run(_budget.Keep, CancellationToken.None);
    }

    /// <summary>A refusal by the policy is not one by the registry, and must not read like one.</summary>
    private async Task TrustAsync(Repository repository, Digest digest, CancellationToken cancel)
    {
        try
        {
            await _trust.AdmitAsync(repository, digest, cancel);
        }
        catch (TareException error) when (error.Kind == ErrorKind.Forbidden)
        {
            throw TareException.Invalid(error.Message);
        }
    }

    private Repository Open(Reference reference, PullWish wish) => _registries.Open(reference, RegistryAccess.Credentials(wish.Auth));

    private static Reference Name(PullWish wish)
    {
        Reference bare = Reference.ParseBare(wish.Image);
        if (wish.Tag.Length == 0)
            return bare;
        return Digest.TryParse(wish.Tag, out Digest? digest) ? bare.WithDigest(digest) : bare.WithTag(wish.Tag);
    }

    /// <summary>A registry does not tell whether a repository does not exist or may not be seen; so users are told both.</summary>
    private static async Task<T> DenyAsync<T>(Reference reference, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (TareException error) when (error.Kind is ErrorKind.Unauthorized or ErrorKind.Forbidden)
        {
            throw TareException.NotFound(
                $"pull access denied for {reference.FamiliarRepository}, repository does not exist or may require 'docker login': {TareException.Describe(error)}");
        }
    }
}

/// <summary>What a client asks to be pulled.</summary>
/// <param name="Image">The name, perhaps with a tag or digest.</param>
/// <param name="Tag">Tag or digest apart from the name, or empty.</param>
/// <param name="Platform">os/architecture/variant, or empty.</param>
/// <param name="Auth">Who asks.</param>
public sealed record PullWish(string Image, string Tag, string Platform, AuthConfig Auth);
