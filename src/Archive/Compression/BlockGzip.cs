namespace Tare.Archive.Compression;

/// <summary>
/// Compresses with all processors: blocks of a fixed size become gzip members one after the other (RFC 1952, 2.2), so the result does not depend on how
/// many processors there were. Stateless.
/// </summary>
public static class BlockGzip
{
    private const int BlockSize = 256 * 1024;

    /// <summary>So many wait for each processor: on a busy machine the thread that hands them out is not always there in time.</summary>
    private const int BlocksEach = 4;

    /// <summary>More blocks at a time would be memory that waits for the disk or the network.</summary>
    private const int MaxBlocks = 32;

    /// <summary>The level used where nobody says otherwise; docs/registries.md has what others cost and bring.</summary>
    public const int DefaultLevel = 1;

    // RFC 1952: the header, one empty block, and the checksum and size of nothing.
    private static readonly byte[] EmptyMember = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Reads a stream to its end and writes its compressed form; both stay the caller's. Each block is flushed and told of.</summary>
    /// <param name="plain">What is read.</param>
    /// <param name="packed">What is written.</param>
    /// <param name="level">1 for the fastest to 9 for the smallest.</param>
    /// <param name="grown">Called after each block.</param>
    /// <param name="cancel">Looked at between blocks.</param>
    public static void Compress(Stream plain, Stream packed, int level, Action grown, CancellationToken cancel)
    {
        using var members = new GzipMembers(level);
        Compress(plain, packed, members, grown, cancel);
    }

    internal static void Compress(Stream plain, Stream packed, GzipMembers members, Action grown, CancellationToken cancel)
    {
        var free = new Queue<Block>(Enumerable.Range(0, Math.Min(Environment.ProcessorCount * BlocksEach, MaxBlocks) + 1).Select(_ => new Block(members)));
        var running = new Queue<Block>();
        bool ended = false, any = false;
        while (!ended || running.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            if (!ended && free.TryDequeue(out Block? next))
            {
                ended = !next.Fill(plain);
                any |= next.Begin();
                running.Enqueue(next);
                continue;
            }
            Block done = running.Dequeue();
            done.WriteTo(packed);
            packed.Flush();
            grown();
            free.Enqueue(done);
        }
        if (!any)
            packed.Write(EmptyMember);
    }

    /// <summary>One block and its compressed form, in buffers that are used again: they are too large to be made for each.</summary>
    private sealed class Block(GzipMembers members)
    {
        private readonly byte[] _plain = new byte[BlockSize];

        // What does not compress becomes a little longer.
        private readonly byte[] _packed = new byte[BlockSize + (BlockSize / 64)];
        private int _length;
        private Task<int> _packing = Task.FromResult(0);

        /// <summary>False at the stream's end.</summary>
        public bool Fill(Stream plain)
        {
            _length = plain.ReadAtLeast(_plain, BlockSize, throwOnEndOfStream: false);
            return _length == BlockSize;
        }

        /// <summary>Begins to compress what was read; false when nothing was.</summary>
        public bool Begin()
        {
            _packing = _length == 0 ? Task.FromResult(0) : Task.Run(() => members.Make(_plain.AsMemory(0, _length), _packed));
            return _length > 0;
        }

        /// <summary>Waits for the compressed form and writes it.</summary>
        public void WriteTo(Stream packed) => packed.Write(_packed, 0, _packing.GetAwaiter().GetResult());
    }
}
