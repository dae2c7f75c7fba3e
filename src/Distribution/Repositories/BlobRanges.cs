using System.Net;
using System.Net.Http.Headers;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>
/// The rest of a large blob by ranges on several connections, for servers that bound what one connection gets and for ways on which it never gets far. The
/// target has the bytes in their order all the same: what comes early waits in memory, a few pieces at most. Stateless.
/// </summary>
internal static class BlobRanges
{
    private const int Piece = 3 << 20;

    /// <summary>Less than this is not worth more connections.</summary>
    public const long Least = 8L * Piece;

    /// <summary>Ends when all bytes of the descriptor's size are there.</summary>
    public static async Task RunAsync(Repository repository, RegistryHost host, Descriptor blob, IBlobTarget target, string what, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var coming = new Queue<(Task<int> Filled, byte[] Buffer)>();
        long next = target.Count;
        try
        {
            while (target.Count < blob.Size)
            {
                byte[]? free = null;
                if (coming.Count == repository.Session.Options.RangesAtATime || next == blob.Size)
                {
                    (Task<int> filled, free) = coming.Dequeue();
                    target.Write(free.AsSpan(0, await filled));
                }
                if (next == blob.Size)
                    continue;
                byte[] buffer = free ?? new byte[Piece];
                int length = (int)Math.Min(Piece, blob.Size - next);
                coming.Enqueue((FetchAsync(repository, host, blob, next, buffer.AsMemory(0, length), what, stop.Token), buffer));
                next += length;
            }
        }
        finally
        {
            await stop.CancelAsync();
            foreach ((Task<int> filled, _) in coming)
                await filled.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private static async Task<int> FetchAsync(Repository repository, RegistryHost host, Descriptor blob, long start, Memory<byte> buffer, string what, CancellationToken cancel)
    {
        long last = start + buffer.Length - 1;
        using HttpResponseMessage response = await repository.Session.SendAsync(host, repository.PullScope, what, root =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, new Uri(root, repository.PathOf(host, $"blobs/{blob.Digest}")));
            request.Headers.Range = new RangeHeaderValue(start, last);
            return request;
        }, cancel);
        if (!response.IsSuccessStatusCode)
            throw await repository.Session.FailureAsync(response, what, cancel);
        if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange is not { } range || range.From != start || range.To != last)
            throw new TareException(ErrorKind.Unavailable, $"{what}: the registry sends another range than the one asked for");
        await using Stream body = new PatientStream(await response.Content.ReadAsStreamAsync(cancel), repository.Session.Options.Silence);
        int done = 0;
        while (done < buffer.Length && await RegistryFailure.GuardAsync(() => body.ReadAsync(buffer[done..], cancel).AsTask(), what, cancel) is var read and > 0)
            done += read;
        return done == buffer.Length ? done : throw new TareException(ErrorKind.Unavailable, $"{what}: the registry ended after {start + done} of {blob.Size} bytes");
    }
}
