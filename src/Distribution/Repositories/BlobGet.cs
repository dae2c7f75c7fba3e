using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>Where the bytes of a blob go: knows how many are there, and takes the next ones.</summary>
public interface IBlobTarget
{
    /// <summary>Bytes that are there.</summary>
    long Count { get; }

    /// <summary>Takes the next bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}

/// <summary>
/// Downloads blobs: from the byte that is missing on, again from there when the connection breaks or a server stays silent, from the next server when
/// one has nothing. What comes slowly in one stream goes on in several. Verification is the target's. Stateless.
/// </summary>
public static class BlobGet
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Ends when all bytes of the descriptor's size are there.</summary>
    public static async Task RunAsync(Repository repository, Descriptor blob, IBlobTarget target, CancellationToken cancel)
    {
        long before = target.Count;
        bool ranges = repository.Session.Options.RangesAtATime > 1;
        for (int attempt = 1; target.Count < blob.Size; attempt++)
        {
            try
            {
                await repository.AskAsync(byTag: false, async host =>
                {
                    if (await OnceAsync(repository, host, blob, target, ranges, cancel))
                        return true;
                    // A server that gives one client one connection gets what it wants, should this fail.
                    ranges = false;
                    await BlobRanges.RunAsync(repository, host, blob, target, What(repository, blob), cancel);
                    return true;
                });
            }
            catch (TareException e) when (RegistryFailure.IsTransient(e) && (target.Count > before || attempt < repository.Session.Options.Attempts))
            {
                // What brought bytes was worth it: the count begins anew.
                attempt = target.Count > before ? 1 : attempt;
                before = target.Count;
                await BackOff.WaitAsync(repository.Session.Options, attempt, cancel);
            }
        }
    }

    private static string What(Repository repository, Descriptor blob) => $"blob {blob.Digest} of {repository.Reference.Repository}";

    /// <summary>One stream; false when it was given up because it was slow and the server can give ranges.</summary>
    private static async Task<bool> OnceAsync(Repository repository, RegistryHost host, Descriptor blob, IBlobTarget target, bool ranges, CancellationToken cancel)
    {
        string what = What(repository, blob);
        long start = target.Count;
        using HttpResponseMessage response = await repository.Session.SendAsync(host, repository.PullScope, what, root =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, new Uri(root, repository.PathOf(host, $"blobs/{blob.Digest}")));
            request.Headers.Range = start > 0 ? new RangeHeaderValue(start, null) : null;
            return request;
        }, cancel);
        if (!response.IsSuccessStatusCode)
            throw await repository.Session.FailureAsync(response, what, cancel);
        long skip = CheckStart(response, blob, start, what);
        await using Stream body = new PatientStream(await response.Content.ReadAsStreamAsync(cancel), repository.Session.Options.Silence);
        var pace = new Pace(repository.Session.Options, blob, ranges && HasRanges(response));
        return await CopyAsync(body, skip, blob, target, pace, what, cancel);
    }

    private static bool HasRanges(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.PartialContent || response.Headers.AcceptRanges.Contains("bytes");

    /// <summary>Bytes at the start of the answer that are there already, because the server does not know ranges.</summary>
    private static long CheckStart(HttpResponseMessage response, Descriptor blob, long start, string what)
    {
        bool partial = response.StatusCode == HttpStatusCode.PartialContent;
        if (partial && response.Content.Headers.ContentRange?.From != start)
            throw TareException.Invalid($"{what}: the registry sends another range than the one asked for");
        long expected = partial ? blob.Size - start : blob.Size;
        if (response.Content.Headers.ContentLength is { } length && length != expected)
            throw TareException.Invalid($"{what}: the registry announces {length} bytes, {expected} were expected");
        return partial ? 0 : start;
    }

    private static async Task<bool> CopyAsync(Stream body, long skip, Descriptor blob, IBlobTarget target, Pace pace, string what, CancellationToken cancel)
    {
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (true)
            {
                int read = await RegistryFailure.GuardAsync(() => FillAsync(body, buffer, cancel), what, cancel);
                if (read == 0)
                    break;
                int skipped = (int)Math.Min(skip, read);
                skip -= skipped;
                target.Write(buffer.AsSpan(skipped, read - skipped));
                if (pace.IsSlow(read, target.Count))
                    return false;
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
        if (target.Count < blob.Size)
            throw new TareException(ErrorKind.Unavailable, $"{what}: the registry ended after {target.Count} of {blob.Size} bytes");
        return true;
    }

    // Small reads would cost a system call to write and one to hash each.
    private static async Task<int> FillAsync(Stream body, byte[] buffer, CancellationToken cancel)
    {
        int filled = await body.ReadAsync(buffer, cancel);
        while (filled > 0 && filled < BufferSize / 2)
        {
            ValueTask<int> more = body.ReadAsync(buffer.AsMemory(filled), cancel);
            int read = await more;
            if (read == 0)
                break;
            filled += read;
        }
        return filled;
    }

    /// <summary>How fast one stream is. Not thread-safe.</summary>
    private sealed class Pace(RegistryOptions options, Descriptor blob, bool ranges)
    {
        private readonly long _begin = Stopwatch.GetTimestamp();
        private long _bytes;

        /// <summary>Hears of bytes that came; true when the rest is better fetched in another way.</summary>
        public bool IsSlow(int read, long there)
        {
            _bytes += read;
            if (!ranges || blob.Size - there < BlobRanges.Least)
                return false;
            TimeSpan passed = Stopwatch.GetElapsedTime(_begin);
            return passed >= options.SlowAfter && _bytes < passed.TotalSeconds * options.SlowBelow;
        }
    }
}
