using System.Net.Http.Headers;
using Tare.Distribution.Hosts;

namespace Tare.Distribution.Repositories;

/// <summary>Writes manifests and indexes, byte for byte. Stateless.</summary>
public static class ManifestPut
{
    /// <summary>Stores a document under a tag or its digest; all it names is in the repository by now.</summary>
    public static async Task RunAsync(Repository repository, string tagOrDigest, string mediaType, byte[] content, CancellationToken cancel)
    {
        RegistryHost host = repository.Target;
        using HttpResponseMessage _ = await repository.Session.SucceedAsync(host, repository.PushScope, $"manifest {tagOrDigest} of {repository.Reference.Repository}", root =>
        {
            var body = new ByteArrayContent(content);
            body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
            return new HttpRequestMessage(HttpMethod.Put, new Uri(root, repository.PathOf(host, $"manifests/{tagOrDigest}"))) { Content = body };
        }, cancel);
    }
}
