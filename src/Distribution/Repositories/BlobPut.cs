using System.Net;
using Tare.Distribution.Hosts;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>How a blob came to be in a repository.</summary>
public enum BlobArrival
{
    /// <summary>It was there.</summary>
    Existed,

    /// <summary>The registry took it from another of its repositories.</summary>
    Mounted,

    /// <summary>It was sent.</summary>
    Sent,
}

/// <summary>
/// Uploads blobs: not at all when the repository has them, by mounting them from another repository of the registry, else in one stream that is gone
/// on with where it broke. Stateless.
/// </summary>
public static class BlobPut
{
    /// <summary>Brings a blob into the repository. <paramref name="open"/> opens it for seeking; <paramref name="sent"/> hears how many bytes went.</summary>
    public static async Task<BlobArrival> RunAsync(
        Repository repository, Descriptor blob, IReadOnlyList<string> mountFrom, Func<Stream> open, Action<long> sent, CancellationToken cancel)
    {
        if (await ExistsAsync(repository, blob, cancel))
            return BlobArrival.Existed;
        Uri? location = null;
        foreach (string source in mountFrom)
        {
            (bool mounted, location) = await BlobUpload.MountOrBeginAsync(repository, blob, source, cancel);
            if (mounted)
                return BlobArrival.Mounted;
            if (location is not null)
                break;
        }
        location ??= await BlobUpload.BeginAsync(repository, cancel);
        await BlobUpload.SendAsync(repository, location, 0, blob, open, sent, cancel);
        return BlobArrival.Sent;
    }

    /// <summary>Has the registry take a blob from another of its repositories; false when it does not.</summary>
    public static async Task<bool> MountAsync(Repository repository, Descriptor blob, string source, CancellationToken cancel) =>
        await ExistsAsync(repository, blob, cancel) || (await BlobUpload.MountOrBeginAsync(repository, blob, source, cancel)).Mounted;

    /// <summary>True when the repository has the blob.</summary>
    public static async Task<bool> ExistsAsync(Repository repository, Descriptor blob, CancellationToken cancel)
    {
        RegistryHost host = repository.Target;
        string what = $"blob {blob.Digest} of {repository.Reference.Repository}";
        using HttpResponseMessage response = await repository.Session.SendAsync(
            host, repository.PushScope, what, root => new HttpRequestMessage(HttpMethod.Head, new Uri(root, repository.PathOf(host, $"blobs/{blob.Digest}"))), cancel);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return false;
        return response.IsSuccessStatusCode ? true : throw await repository.Session.FailureAsync(response, what, cancel);
    }
}
