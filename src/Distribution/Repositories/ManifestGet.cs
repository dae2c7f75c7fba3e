using System.Net.Http.Headers;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>A manifest or index as a registry sent it: the exact bytes and what they are.</summary>
public sealed record FetchedManifest(Descriptor Descriptor, byte[] Content);

/// <summary>Reads manifests and indexes: bounded in size, verified by their digest when that is known. Stateless.</summary>
public static class ManifestGet
{
    /// <summary>The most bytes a manifest may have.</summary>
    public const int MaxBytes = 4 << 20;

    private static readonly string[] Accepted =
    [
        MediaTypes.OciIndex, MediaTypes.OciManifest, MediaTypes.DockerIndex, MediaTypes.DockerManifest,
    ];

    /// <summary>The manifest of a tag or digest.</summary>
    public static Task<FetchedManifest> RunAsync(Repository repository, string tagOrDigest, CancellationToken cancel)
    {
        bool byDigest = Digest.TryParse(tagOrDigest, out Digest? wanted);
        return repository.AskAsync(!byDigest, host => RunAsync(repository, host, tagOrDigest, wanted, cancel));
    }

    /// <summary>What a tag or digest means, without its content; null when it does not exist.</summary>
    public static async Task<Descriptor?> FindAsync(Repository repository, string tagOrDigest, bool toPush, CancellationToken cancel)
    {
        RegistryHost host = repository.Target;
        using HttpResponseMessage response = await repository.Session.SendAsync(
            host, toPush ? repository.PushScope : repository.PullScope, $"manifest {tagOrDigest}",
            root => Request(HttpMethod.Head, repository, host, root, tagOrDigest), cancel);
        return response.IsSuccessStatusCode && response.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? values)
            && Digest.TryParse(values.First(), out Digest? digest)
            ? new Descriptor { MediaType = response.Content.Headers.ContentType?.MediaType ?? "", Digest = digest, Size = response.Content.Headers.ContentLength ?? 0 }
            : null;
    }

    private static async Task<FetchedManifest> RunAsync(Repository repository, RegistryHost host, string tagOrDigest, Digest? wanted, CancellationToken cancel)
    {
        string what = $"manifest {tagOrDigest} of {repository.Reference.Repository}";
        using HttpResponseMessage response = await repository.Session.SucceedAsync(
            host, repository.PullScope, what, root => Request(HttpMethod.Get, repository, host, root, tagOrDigest), cancel);
        byte[] content = await BoundedBody.ReadAsync(response, MaxBytes, what, repository.Session.Options.Silence, cancel);
        var digest = Digest.Of(content);
        if (wanted is not null && wanted.Algorithm != "sha256")
            throw new TareException(ErrorKind.NotSupported, $"{what}: digests by {wanted.Algorithm} are not supported");
        if (wanted is not null && digest != wanted)
            throw TareException.Invalid($"{what}: the registry sent other content, with the digest {digest}");
        string mediaType = ManifestKind.Of(content, response.Content.Headers.ContentType?.MediaType, what);
        return new FetchedManifest(new Descriptor { MediaType = mediaType, Digest = digest, Size = content.Length }, content);
    }

    private static HttpRequestMessage Request(HttpMethod method, Repository repository, RegistryHost host, Uri root, string tagOrDigest)
    {
        var request = new HttpRequestMessage(method, new Uri(root, repository.PathOf(host, $"manifests/{tagOrDigest}")));
        foreach (string type in Accepted)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        return request;
    }
}
