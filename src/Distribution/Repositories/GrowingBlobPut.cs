using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Distribution.Repositories;

/// <summary>A blob that is still being made while it is sent. What has been made stays readable. Thread-safe.</summary>
public interface IGrowingBlob
{
    /// <summary>What the blob is once it is whole; fails as its making does.</summary>
    Task<Descriptor> Whole { get; }

    /// <summary>Ends when there are that many bytes, or when the blob is whole or will never be.</summary>
    Task ReachAsync(long bytes, CancellationToken cancel);

    /// <summary>Opens it for seeking and for asynchronous reads, which wait for bytes that are not there yet.</summary>
    Stream Open();
}

/// <summary>
/// Uploads blobs while they are made, so that neither waits for the other. Their digest is known at the end only: what needs it, such as not to send what
/// the registry has, happens then, when the upload is not through by that time. Stateless.
/// </summary>
public static class GrowingBlobPut
{
    /// <summary>What is whole before it is larger is sent as any blob is: asking the registry for it costs less than sending it.</summary>
    private const long Least = 1 << 20;

    /// <summary>Brings a blob into the repository and returns what it has become; <paramref name="sent"/> hears how many bytes went.</summary>
    public static async Task<(Descriptor Blob, BlobArrival Arrival)> RunAsync(Repository repository, IGrowingBlob blob, Action<long> sent, CancellationToken cancel)
    {
        await blob.ReachAsync(Least, cancel);
        if (blob.Whole.IsCompleted)
        {
            Descriptor small = await blob.Whole;
            return (small, await BlobPut.RunAsync(repository, small, [], blob.Open, sent, cancel));
        }
        Uri location = await BlobUpload.BeginAsync(repository, cancel);
        (bool existed, location, long? offset) = await StreamAsync(repository, location, blob, sent, cancel);
        Descriptor whole = await blob.Whole;
        if (!existed)
            await BlobUpload.SendAsync(repository, location, offset, whole, blob.Open, sent, cancel);
        return (whole, existed ? BlobArrival.Existed : BlobArrival.Sent);
    }

    /// <summary>Sends what there is while it comes; returns from where to go on: the end, or what the registry says after a break.</summary>
    private static async Task<(bool Existed, Uri Location, long? Offset)> StreamAsync(Repository repository, Uri location, IGrowingBlob blob, Action<long> sent, CancellationToken cancel)
    {
        string what = $"upload to {repository.Reference.Repository}";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<Uri> streaming = BlobUpload.StreamAsync(repository, location, blob.Open, sent, what, stop.Token);
        try
        {
            if (await Task.WhenAny(streaming, blob.Whole) != streaming && await BlobPut.ExistsAsync(repository, await blob.Whole, cancel))
            {
                await EndAsync(stop, streaming);
                await BlobUpload.CancelAsync(repository, location, what, cancel);
                return (true, location, null);
            }
            return (false, await streaming, (await blob.Whole).Size);
        }
        catch (TareException e) when (RegistryFailure.IsTransient(e))
        {
            _ = await blob.Whole;
            await EndAsync(stop, streaming);
            await BackOff.WaitAsync(repository.Session.Options, 1, cancel);
            return (false, location, null);
        }
        catch (TareException e) when (e.Kind is ErrorKind.InvalidArgument or ErrorKind.NotSupported)
        {
            // A registry that wants to be told the length gets it.
            _ = await blob.Whole;
            return (false, await BlobUpload.BeginAsync(repository, cancel), 0);
        }
        finally
        {
            await EndAsync(stop, streaming);
        }
    }

    private static async Task EndAsync(CancellationTokenSource stop, Task streaming)
    {
        await stop.CancelAsync();
        await streaming.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
