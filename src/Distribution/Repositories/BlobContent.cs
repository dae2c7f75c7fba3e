using System.Net;

namespace Tare.Distribution.Repositories;

/// <summary>
/// The body of an upload: a blob from an offset to its end, opened when it is sent; without a size it goes in chunked coding. One use.
/// </summary>
internal sealed class BlobContent(Func<Stream> open, long offset, long? size, Action<long> sent) : HttpContent
{
    private const int BufferSize = 256 * 1024;

    protected override bool TryComputeLength(out long length)
    {
        length = size is { } known ? known - offset : 0;
        return size is not null;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using Stream blob = open();
        blob.Position = offset;
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long done = offset;
            while (await blob.ReadAsync(buffer.AsMemory(0, BufferSize), cancellationToken) is var read and > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                sent(done += read);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
