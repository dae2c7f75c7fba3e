using System.Text;

namespace Tare.Tests.Unit.Archive;

/// <summary>Tar blocks made by hand, for archives that no honest writer makes.</summary>
internal static class RawTar
{
    public static byte[] Header(string name, char type, long size, string link = "")
    {
        byte[] block = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(block, 0);
        Encoding.ASCII.GetBytes("0000644\0" + "0000000\0" + "0000000\0").CopyTo(block, 100);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0') + "\0").CopyTo(block, 124);
        Encoding.ASCII.GetBytes("00000000000\0").CopyTo(block, 136);
        block[156] = (byte)type;
        Encoding.ASCII.GetBytes(link).CopyTo(block, 157);
        Encoding.ASCII.GetBytes("ustar  \0").CopyTo(block, 257);
        return Seal(block);
    }

    public static byte[] With(byte[] block, int offset, byte[] bytes)
    {
        bytes.CopyTo(block, offset);
        return block;
    }

    public static byte[] Seal(byte[] block)
    {
        SealAt(block, 0);
        return block;
    }

    /// <summary>Corrects the checksums of all blocks that look like headers, so that damage gets past that check.</summary>
    public static void Reseal(byte[] archive)
    {
        for (int offset = 0; offset < archive.Length; offset += 512)
        {
            if (archive.AsSpan(offset + 257, 5).SequenceEqual("ustar"u8))
                SealAt(archive, offset);
        }
    }

    public static byte[] Padded(byte[] content)
    {
        Array.Resize(ref content, (content.Length + 511) / 512 * 512);
        return content;
    }

    private static void SealAt(byte[] archive, int offset)
    {
        archive.AsSpan(offset + 148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in archive.AsSpan(offset, 512))
            sum += value;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(archive, offset + 148);
    }
}
