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
/// one has nothing. Verification is the target's. Stateless.
/// </summary>
public static class BlobGet
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Ends when all bytes of the descriptor's size are there.</summary>
    public static async Task RunAsync(Repository repository, Descriptor blob, IBlobTarget target, CancellationToken cancel)
    {
        long before = target.Count;
        for (int attempt = 1; target.Count < blob.Size; attempt++)
        {
            try
            {
                await repository.AskAsync(byTag: false, async host =>
                {
                    await OnceAsync(repository, host, blob, target, cancel);
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

    private static async Task OnceAsync(Repository repository, RegistryHost host, Descriptor blob, IBlobTarget target, CancellationToken cancel)
    {
        string what = $"blob {blob.Digest} of {repository.Reference.Repository}";
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
        await CopyAsync(body, skip, blob, target, what, cancel);
    }

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

    private static async Task CopyAsync(Stream body, long skip, Descriptor blob, IBlobTarget target, string what, CancellationToken cancel)
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
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
        if (target.Count < blob.Size)
            throw new TareException(ErrorKind.Unavailable, $"{what}: the registry ended after {target.Count} of {blob.Size} bytes");
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
}
