using Tare.Linux;

namespace Tare.Engine.Containers.Logs;

/// <summary>Finds where lines of a row of files end and the last of them begin, reading backwards in blocks.</summary>
internal static class LogTail
{
    private const int Block = 64 * 1024;

    /// <summary>Index of the file (oldest first) and offset in it from which <paramref name="lines"/> lines follow; each file ends at its size here, whatever was added since.</summary>
    internal static (int File, long Offset) Find(IReadOnlyList<FileDescriptor> files, IReadOnlyList<long> sizes, int lines)
    {
        if (lines <= 0)
            return files.Count == 0 ? (0, 0) : (files.Count - 1, sizes[^1]);
        byte[] buffer = new byte[Block];
        int wanted = lines;
        for (int i = files.Count - 1; i >= 0; i--)
        {
            long size = sizes[i];
            // The line feed at the very end closes the last line; it does not begin another.
            for (long end = size; end > 0;)
            {
                int length = (int)Math.Min(Block, end);
                long start = end - length;
                Span<byte> block = buffer.AsSpan(0, ReadAt(files[i], buffer.AsSpan(0, length), start));
                for (int at = block.LastIndexOf((byte)'\n'); at >= 0; at = block[..at].LastIndexOf((byte)'\n'))
                {
                    if (start + at + 1 < size && --wanted == 0)
                        return (i, start + at + 1);
                }
                end = start;
            }
            // The first line of a file has no line feed before it.
            if (size > 0 && --wanted == 0)
                return (i, 0);
        }
        return (0, 0);
    }

    /// <summary>Size of a file without a line that is being written: the kernel shows a long write in pieces.</summary>
    internal static long EndOfLines(FileDescriptor file)
    {
        byte[] buffer = new byte[Block];
        for (long end = (long)Stat.Of(file).Size; end > 0;)
        {
            int length = (int)Math.Min(Block, end);
            end -= length;
            int at = buffer.AsSpan(0, ReadAt(file, buffer.AsSpan(0, length), end)).LastIndexOf((byte)'\n');
            if (at >= 0)
                return end + at + 1;
        }
        return 0;
    }

    private static int ReadAt(FileDescriptor file, Span<byte> buffer, long offset)
    {
        Unistd.Seek(file, offset);
        int length = 0;
        while (length < buffer.Length)
        {
            int read = file.Read(buffer[length..]);
            if (read == 0)
                break;
            length += read;
        }
        return length;
    }
}
