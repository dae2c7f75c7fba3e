using System.Net;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>Which manifests of a repository speak of another one: signatures, SBOMs (distribution-spec, "Listing Referrers"). Stateless.</summary>
public static class ReferrersGet
{
    private const int MaxReferrers = 1000;

    /// <summary>The referrers of one type, perhaps with others among them, as a registry need not filter; from the tag of older registries where it has no list.</summary>
    public static async Task<IReadOnlyList<Descriptor>> RunAsync(Repository repository, Digest subject, string artifactType, CancellationToken cancel)
    {
        byte[]? json = await repository.AskAsync(byTag: false, host => ListAsync(repository, host, subject, artifactType, cancel)) ?? await TaggedAsync(repository, subject, cancel);
        if (json is null)
            return [];
        string what = $"referrers of {subject}";
        DocumentRules.Check(json, what);
        return [.. ImageJson.Parse(json, ImageJson.Default.ImageIndex, what).Manifests.Take(MaxReferrers)];
    }

    private static async Task<byte[]?> ListAsync(Repository repository, RegistryHost host, Digest subject, string artifactType, CancellationToken cancel)
    {
        string what = $"referrers of {subject} in {repository.Reference.Repository}";
        using HttpResponseMessage response = await repository.Session.SendAsync(host, repository.PullScope, what, root =>
            new HttpRequestMessage(HttpMethod.Get, new Uri(root, repository.PathOf(host, $"referrers/{subject}?artifactType={Uri.EscapeDataString(artifactType)}"))), cancel);
        // Registries before version 1.1 know no such list and say so in one way or the other.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.BadRequest)
            return null;
        if (!response.IsSuccessStatusCode)
            throw await repository.Session.FailureAsync(response, what, cancel);
        return await BoundedBody.ReadAsync(response, ManifestGet.MaxBytes, what, repository.Session.Options.Silence, cancel);
    }

    private static async Task<byte[]?> TaggedAsync(Repository repository, Digest subject, CancellationToken cancel)
    {
        try
        {
            return (await ManifestGet.RunAsync(repository, $"{subject.Algorithm}-{subject.Hex}", cancel)).Content;
        }
        catch (TareException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }
}
