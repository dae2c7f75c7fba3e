using Tare.Errors;

namespace Tare.Archive.Layers;

/// <summary>
/// What a layer may unpack to. An archive that is small on the wire and fills a disk, or has more files than a file system has inodes for, is refused
/// with what it exceeded. Immutable.
/// </summary>
public sealed record UnpackLimits
{
    /// <summary>The usual limits.</summary>
    public static UnpackLimits Default { get; } = new();

    /// <summary>Bytes of a layer's tar.</summary>
    public long Bytes { get; init; } = 1L << 40;

    /// <summary>Entries of a layer.</summary>
    public long Entries { get; init; } = 5_000_000;

    /// <summary>Bytes of tar for each byte of its compressed form; gzip itself can not reach more than 1032.</summary>
    public long Ratio { get; init; } = 600;

    /// <summary>The ratio counts above this many bytes of tar: a few zeros are no bomb.</summary>
    public long RatioFrom { get; init; } = 2L << 30;

    internal void CheckEntries(long entries)
    {
        if (entries > Entries)
            throw TareException.Invalid($"refused layer: more than {Entries} entries");
    }

    internal void CheckBytes(long packed, long unpacked)
    {
        if (unpacked > Bytes)
            throw TareException.Invalid($"refused layer: it unpacks to more than {Bytes} bytes");
        if (unpacked > RatioFrom && packed > 0 && unpacked / packed > Ratio)
            throw TareException.Invalid($"refused layer: it unpacks to more than {Ratio} times its size, {unpacked} bytes so far");
    }
}
