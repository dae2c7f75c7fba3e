using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci;
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
    /// <summary>What is not larger goes with the request that ends the upload.</summary>
    private const long OneRequest = 256 * 1024;

    /// <summary>Brings a blob into the repository. <paramref name="open"/> opens it for seeking; <paramref name="sent"/> hears how many bytes went.</summary>
    public static async Task<BlobArrival> RunAsync(
        Repository repository, Descriptor blob, IReadOnlyList<string> mountFrom, Func<Stream> open, Action<long> sent, CancellationToken cancel)
    {
        if (await ExistsAsync(repository, blob, cancel))
            return BlobArrival.Existed;
        Uri? location = null;
        foreach (string source in mountFrom)
        {
            (bool mounted, location) = await MountOrBeginAsync(repository, blob, source, cancel);
            if (mounted)
                return BlobArrival.Mounted;
            if (location is not null)
                break;
        }
        location ??= (await BeginAsync(repository, "", null, cancel)).Location ?? throw TareException.Invalid($"blob {blob.Digest}: the registry names no place to send it to");
        await SendAsync(repository, location, blob, open, sent, cancel);
        return BlobArrival.Sent;
    }

    /// <summary>Has the registry take a blob from another of its repositories; false when it does not.</summary>
    public static async Task<bool> MountAsync(Repository repository, Descriptor blob, string source, CancellationToken cancel) =>
        await ExistsAsync(repository, blob, cancel) || (await MountOrBeginAsync(repository, blob, source, cancel)).Mounted;

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

    private static Task<(bool Mounted, Uri? Location)> MountOrBeginAsync(Repository repository, Descriptor blob, string source, CancellationToken cancel) =>
        BeginAsync(repository, $"?mount={Uri.EscapeDataString(blob.Digest.ToString())}&from={Uri.EscapeDataString(source)}", source, cancel);

    private static async Task<(bool Mounted, Uri? Location)> BeginAsync(Repository repository, string query, string? source, CancellationToken cancel)
    {
        RegistryHost host = repository.Target;
        string scope = source is null ? repository.PushScope : $"{repository.PushScope} repository:{source}:pull";
        string what = $"upload to {repository.Reference.Repository}";
        using HttpResponseMessage response = await repository.Session.SendAsync(host, scope, what, root =>
            new HttpRequestMessage(HttpMethod.Post, new Uri(root, repository.PathOf(host, "blobs/uploads/" + query))) { Content = new ByteArrayContent([]) }, cancel);
        if (response.StatusCode == HttpStatusCode.Created && source is not null)
            return (true, null);
        if (response.StatusCode == HttpStatusCode.Accepted)
            return (false, Location(response));
        // A registry that does not let us read the source may still take the bytes.
        return source is not null ? (false, null) : throw await repository.Session.FailureAsync(response, what, cancel);
    }

    private static async Task SendAsync(Repository repository, Uri location, Descriptor blob, Func<Stream> open, Action<long> sent, CancellationToken cancel)
    {
        string what = $"upload of blob {blob.Digest} to {repository.Reference.Repository}";
        long offset = 0;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (blob.Size <= OneRequest && offset == 0)
                {
                    await FinishAsync(repository, location, blob, () => Body(open, 0, blob, sent), what, cancel);
                    return;
                }
                Uri place = offset < blob.Size ? await PatchAsync(repository, location, offset, blob, open, sent, what, cancel) : location;
                offset = blob.Size;
                location = place;
                await FinishAsync(repository, place, blob, () => new ByteArrayContent([]), what, cancel);
                return;
            }
            catch (TareException e) when (RegistryFailure.IsTransient(e) && attempt < repository.Session.Options.Attempts)
            {
                await BackOff.WaitAsync(repository.Session.Options, attempt, cancel);
                (location, offset) = await StatusAsync(repository, location, what, cancel);
            }
        }
    }

    private static async Task<Uri> PatchAsync(
        Repository repository, Uri location, long offset, Descriptor blob, Func<Stream> open, Action<long> sent, string what, CancellationToken cancel)
    {
        RegistryHost host = repository.Target;
        using HttpResponseMessage response = await repository.Session.SendAsync(host, repository.PushScope, what, root =>
        {
            HttpContent content = Body(open, offset, blob, sent);
            if (offset > 0)
                _ = content.Headers.TryAddWithoutValidation("Content-Range", $"{offset}-{blob.Size - 1}");
            return new HttpRequestMessage(HttpMethod.Patch, location) { Content = content };
        }, cancel);
        if (!response.IsSuccessStatusCode)
            throw await repository.Session.FailureAsync(response, what, cancel);
        return Location(response) ?? location;
    }

    private static BlobContent Body(Func<Stream> open, long offset, Descriptor blob, Action<long> sent)
    {
        var content = new BlobContent(open, offset, blob.Size, sent);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return content;
    }

    private static async Task FinishAsync(Repository repository, Uri location, Descriptor blob, Func<HttpContent> body, string what, CancellationToken cancel)
    {
        string query = location.Query.Length > 1 ? location.Query[1..] + "&" : "";
        Uri uri = new UriBuilder(location) { Query = $"{query}digest={Uri.EscapeDataString(blob.Digest.ToString())}" }.Uri;
        using HttpResponseMessage response = await repository.Session.SendAsync(
            repository.Target, repository.PushScope, what, _ => new HttpRequestMessage(HttpMethod.Put, uri) { Content = body() }, cancel);
        if (!response.IsSuccessStatusCode)
            throw await repository.Session.FailureAsync(response, what, cancel);
    }

    /// <summary>How much of an upload has arrived; a new upload when the registry has forgotten it.</summary>
    private static async Task<(Uri Location, long Offset)> StatusAsync(Repository repository, Uri location, string what, CancellationToken cancel)
    {
        using HttpResponseMessage response = await repository.Session.SendAsync(
            repository.Target, repository.PushScope, what, _ => new HttpRequestMessage(HttpMethod.Get, location), cancel);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            string range = response.Headers.TryGetValues("Range", out IEnumerable<string>? values) ? values.First() : "";
            int dash = range.LastIndexOf('-');
            long last = dash >= 0 && long.TryParse(range[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long end) ? end : -1;
            // "0-0" means nothing or one byte; nothing is the safe reading.
            return (Location(response) ?? location, last > 0 ? last + 1 : 0);
        }
        return ((await BeginAsync(repository, "", null, cancel)).Location ?? location, 0);
    }

    private static Uri? Location(HttpResponseMessage response) => response.Headers.Location is not { } location ? null
        : location.IsAbsoluteUri ? location : new Uri(response.RequestMessage!.RequestUri!, location);
}
