using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Distribution.Repositories;
using Tare.EngineApi.Images;
using Tare.EngineApi.Registries;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Engine.Registries;

/// <summary>What users ask of registries beside pull and push: log in, look up a name, search, read and write manifests. Thread-safe.</summary>
public sealed class RegistryService
{
    private readonly RegistryClient _registries;

    internal RegistryService(RegistryClient registries) => _registries = registries;

    /// <summary>Checks a name and password.</summary>
    public async Task<AuthResponse> LoginAsync(AuthConfig auth, CancellationToken cancel)
    {
        string domain = RegistryAccess.Domain(auth.ServerAddress);
        string token = await _registries.LoginAsync(domain, RegistryAccess.Credentials(auth), cancel);
        return new AuthResponse { Status = "Login Succeeded", IdentityToken = token };
    }

    /// <summary>The digest and platforms behind a name, without its layers.</summary>
    public async Task<DistributionInspect> InspectAsync(string name, AuthConfig auth, CancellationToken cancel)
    {
        (Repository repository, FetchedManifest manifest) = await FetchAsync(name, auth, cancel);
        return new DistributionInspect
        {
            Descriptor = new ImageDescriptor { MediaType = manifest.Descriptor.MediaType, Digest = manifest.Descriptor.Digest.ToString(), Size = manifest.Descriptor.Size },
            Platforms = await PlatformsAsync(repository, manifest, cancel),
        };
    }

    /// <summary>The exact bytes of a manifest or index in a registry.</summary>
    public async Task<RawManifest> ManifestAsync(string name, AuthConfig auth, CancellationToken cancel)
    {
        FetchedManifest manifest = (await FetchAsync(name, auth, cancel)).Manifest;
        return new RawManifest(manifest.Content, manifest.Descriptor.MediaType, manifest.Descriptor.Digest.ToString());
    }

    /// <summary>
    /// Stores a manifest or index; returns its digest. <paramref name="sources"/> are manifests by digest that it names and that may be in other
    /// repositories of the same registry: they are taken over from there.
    /// </summary>
    public async Task<string> PutManifestAsync(
        string name, string mediaType, byte[] content, IReadOnlyList<string> sources, AuthConfig auth, CancellationToken cancel)
    {
        Reference reference = Reference.Parse(name);
        RegistryCredentials credentials = RegistryAccess.Credentials(auth);
        Repository repository = _registries.Open(reference, credentials);
        foreach (Reference source in sources.Select(Reference.ParseBare).Where(s => s.Digest is not null && s.Repository != reference.Repository))
            await ManifestCopy.RunAsync(_registries.Open(source, credentials), repository, source.Digest!, cancel);
        await ManifestPut.RunAsync(repository, reference.Digest?.ToString() ?? reference.Tag!, mediaType, content, cancel);
        return Digest.Of(content).ToString();
    }

    /// <summary>Repositories whose names have a word in them.</summary>
    public async Task<List<SearchItem>> SearchAsync(string term, int limit, AuthConfig auth, CancellationToken cancel)
    {
        if (term.Length == 0)
            throw TareException.Invalid("search: a term is expected");
        int slash = term.IndexOf('/', StringComparison.Ordinal);
        bool named = slash > 0 && term.AsSpan(0, slash).ContainsAny('.', ':') || term.StartsWith("localhost/", StringComparison.Ordinal);
        (string domain, string words) = named ? (term[..slash], term[(slash + 1)..]) : ("docker.io", term);
        IReadOnlyList<SearchResult> found = await _registries.SearchAsync(domain, words, limit, RegistryAccess.Credentials(auth), cancel);
        return
        [
            .. found.Select(item => new SearchItem
            {
                Name = item.Name, Description = item.Description ?? "", StarCount = item.Stars, IsOfficial = item.IsOfficial, IsAutomated = item.IsAutomated,
            }),
        ];
    }

    private async Task<(Repository Repository, FetchedManifest Manifest)> FetchAsync(string name, AuthConfig auth, CancellationToken cancel)
    {
        Reference reference = Reference.Parse(name);
        Repository repository = _registries.Open(reference, RegistryAccess.Credentials(auth));
        return (repository, await ManifestGet.RunAsync(repository, reference.Digest?.ToString() ?? reference.Tag!, cancel));
    }

    private static async Task<List<ImagePlatform>> PlatformsAsync(Repository repository, FetchedManifest manifest, CancellationToken cancel)
    {
        if (MediaTypes.IsIndex(manifest.Descriptor.MediaType))
        {
            ImageIndex index = ImageJson.Parse(manifest.Content, ImageJson.Default.ImageIndex, "image index");
            return [.. index.Manifests.Select(m => m.Platform).OfType<Platform>().Select(p => Wire(p.Os, p.Architecture, p.Variant, p.OsVersion))];
        }
        ImageManifest image = ImageJson.Parse(manifest.Content, ImageJson.Default.ImageManifest, "image manifest");
        if (image.Config.MediaType is not (MediaTypes.OciConfig or MediaTypes.DockerConfig))
            return [];
        byte[] json = await SmallBlob.ReadAsync(repository, image.Config, cancel);
        ImageConfig config = ImageJson.Parse(json, ImageJson.Default.ImageConfig, "image config");
        return [Wire(config.Os, config.Architecture, config.Variant, config.OsVersion)];
    }

    private static ImagePlatform Wire(string os, string architecture, string? variant, string? version) =>
        new() { Os = os, Architecture = architecture, Variant = variant, OsVersion = version };
}

/// <summary>A manifest or index as its registry has it.</summary>
/// <param name="Content">The exact bytes.</param>
/// <param name="MediaType">What they are.</param>
/// <param name="Digest">Their digest.</param>
public sealed record RawManifest(byte[] Content, string MediaType, string Digest);
