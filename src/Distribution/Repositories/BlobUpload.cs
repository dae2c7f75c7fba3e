using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>The steps of an upload (distribution-spec, "Pushing blobs"): begin, send, ask how far it is, end, give up. Stateless.</summary>
internal static class BlobUpload
{
    /// <summary>What is not larger goes with the request that ends the upload.</summary>
    private const long OneRequest = 256 * 1024;

    /// <summary>Asks for a blob of another repository; where the registry does not mount it, it may have begun an upload instead.</summary>
    public static Task<(bool Mounted, Uri? Location)> MountOrBeginAsync(Repository repository, Descriptor blob, string source, CancellationToken cancel) =>
        BeginAsync(repository, $"?mount={Uri.EscapeDataString(blob.Digest.ToString())}&from={Uri.EscapeDataString(source)}", source, cancel);

    /// <summary>Begins an upload; returns where to send it to.</summary>
    public static async Task<Uri> BeginAsync(Repository repository, CancellationToken cancel) =>
        (await BeginAsync(repository, "", null, cancel)).Location
        ?? throw TareException.Invalid($"upload to {repository.Reference.Repository}: the registry names no place to send it to");

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

    /// <summary>Sends a blob from an offset on, or from where the registry says when there is none, and ends the upload; what breaks is gone on with.</summary>
    public static async Task SendAsync(Repository repository, Uri location, long? offset, Descriptor blob, Func<Stream> open, Action<long> sent, CancellationToken cancel)
    {
        string what = $"upload of blob {blob.Digest} to {repository.Reference.Repository}";
        long before = offset ?? 0;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (offset is null)
                    (location, offset) = await StatusAsync(repository, location, what, cancel);
                // What brought bytes was worth it: the count begins anew.
                attempt = offset > before ? 1 : attempt;
                before = offset.Value;
                if (blob.Size <= OneRequest && offset == 0)
                {
                    await FinishAsync(repository, location, blob, () => Body(open, 0, blob.Size, sent), what, cancel);
                    return;
                }
                location = offset < blob.Size ? await PatchAsync(repository, location, offset.Value, blob, open, sent, what, cancel) : location;
                offset = blob.Size;
                await FinishAsync(repository, location, blob, () => new ByteArrayContent([]), what, cancel);
                return;
            }
            catch (TareException e) when (RegistryFailure.IsTransient(e) && attempt < repository.Session.Options.Attempts)
            {
                await BackOff.WaitAsync(repository.Session.Options, attempt, cancel);
                offset = null;
            }
        }
    }

    /// <summary>Sends a stream of a length that is not known yet, in chunked coding as Docker does; returns where the upload ends.</summary>
    public static Task<Uri> StreamAsync(Repository repository, Uri location, Func<Stream> open, Action<long> sent, string what, CancellationToken cancel) =>
        PatchAsync(repository, location, () => Body(open, 0, null, sent), what, cancel);

    private static Task<Uri> PatchAsync(
        Repository repository, Uri location, long offset, Descriptor blob, Func<Stream> open, Action<long> sent, string what, CancellationToken cancel) =>
        PatchAsync(repository, location, () =>
        {
            HttpContent content = Body(open, offset, blob.Size, sent);
            if (offset > 0)
                _ = content.Headers.TryAddWithoutValidation("Content-Range", $"{offset}-{blob.Size - 1}");
            return content;
        }, what, cancel);

    private static async Task<Uri> PatchAsync(Repository repository, Uri location, Func<HttpContent> body, string what, CancellationToken cancel)
    {
        using HttpResponseMessage response = await repository.Session.SendAsync(
            repository.Target, repository.PushScope, what, _ => new HttpRequestMessage(HttpMethod.Patch, location) { Content = body() }, cancel);
        if (!response.IsSuccessStatusCode)
            throw await repository.Session.FailureAsync(response, what, cancel);
        return Location(response) ?? location;
    }

    private static BlobContent Body(Func<Stream> open, long offset, long? size, Action<long> sent)
    {
        var content = new BlobContent(open, offset, size, sent);
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
        TareException failure = await repository.Session.FailureAsync(response, what, cancel);
        return RegistryFailure.IsTransient(failure) ? throw failure : (await BeginAsync(repository, cancel), 0);
    }

    /// <summary>Gives an upload up. A registry that keeps it all the same forgets it in time.</summary>
    public static async Task CancelAsync(Repository repository, Uri location, string what, CancellationToken cancel)
    {
        try
        {
            using HttpResponseMessage _ = await repository.Session.SendAsync(
                repository.Target, repository.PushScope, what, _ => new HttpRequestMessage(HttpMethod.Delete, location), cancel);
        }
        catch (TareException)
        {
            // Nothing depends on it.
        }
    }

    private static Uri? Location(HttpResponseMessage response) => response.Headers.Location is not { } location ? null
        : location.IsAbsoluteUri ? location : new Uri(response.RequestMessage!.RequestUri!, location);
}
