using System.Buffers.Binary;
using Tare.Linux;

namespace Tare.Runtime.Checkpoint;

/// <summary>
/// criu's fifo-data.img: what was in fifos and nobody had read yet. Of the host's fifos that stays where it is, for their readers; a restore that brought it too
/// would say it twice.
/// </summary>
internal static class FifoData
{
    private const string FileName = "fifo-data.img";

    /// <summary>The first word of an image that a second one tells the kind of (IMG_COMMON_MAGIC of criu's magic.h).</summary>
    private const uint CommonMagic = 0x54564319;

    /// <summary>Takes the data of some fifos, by their inodes, out of an image directory.</summary>
    public static void Drop(FileDescriptor images, IReadOnlyCollection<uint> fifos)
    {
        string path = $"/proc/self/fd/{images.Number}/{FileName}";
        if (fifos.Count > 0 && SmallFile.TryRead(path, out byte[] content) == Errno.None)
            File.WriteAllBytes(path, Without(content, fifos));
    }

    /// <summary>An image without the entries of some fifos: a length, a PipeDataEntry with the fifo (1) and the number of bytes (2) that follow it.</summary>
    internal static byte[] Without(ReadOnlySpan<byte> image, IReadOnlyCollection<uint> fifos)
    {
        int at = image.Length >= 8 && BinaryPrimitives.ReadUInt32LittleEndian(image) == CommonMagic ? 8 : 4;
        List<byte> kept = [.. image[..at]];
        while (at + 4 <= image.Length)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(image[at..]);
            ReadOnlySpan<byte> entry = image.Slice(at + 4, length);
            int whole = 4 + length + (int)CriuAnswer.Number(entry, 2);
            if (!fifos.Contains((uint)CriuAnswer.Number(entry, 1)))
                kept.AddRange(image.Slice(at, whole));
            at += whole;
        }
        return [.. kept];
    }
}
