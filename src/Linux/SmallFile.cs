namespace Tare.Linux;

/// <summary>
/// Whole small files of the host: what the kernel says in /proc and cgroups, and a program's own state. Three system calls for a file, where File.ReadAllBytes
/// takes seven: in programs that live for milliseconds it shows.
/// </summary>
public static class SmallFile
{
    private const int FirstGuess = 4096;

    /// <summary>The content; throws <see cref="SyscallException"/> with the path.</summary>
    public static byte[] Read(string path)
    {
        Errno errno = TryRead(path, out byte[] content);
        return errno == Errno.None ? content : throw new SyscallException("open", errno, path);
    }

    /// <summary>The content, or the error number of open(2) or read(2).</summary>
    public static Errno TryRead(string path, out byte[] content)
    {
        content = [];
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, path, Fcntl.O_RDONLY, 0, out FileDescriptor file);
        if (errno != Errno.None)
            return errno;
        using (file)
        {
            Span<byte> buffer = stackalloc byte[FirstGuess];
            int length = 0;
            while ((errno = Unistd.TryRead(file, buffer[length..], out int read)) == Errno.None && read > 0)
            {
                length += read;
                if (length < buffer.Length)
                    continue;
                byte[] larger = new byte[length * 4];
                buffer.CopyTo(larger);
                buffer = larger;
            }
            content = buffer[..length].ToArray();
            return errno;
        }
    }

    /// <summary>As <see cref="TryRead"/> for text of ASCII or UTF-8; null after any error.</summary>
    public static string? TryReadText(string path) =>
        TryRead(path, out byte[] content) == Errno.None ? System.Text.Encoding.UTF8.GetString(content) : null;

    /// <summary>Makes a new file with this content; what was there under the name goes first.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, uint mode = 0x180 /* 0600 */)
    {
        // A file that is cut to nothing and written again is flushed to the disk by ext4 when it is closed; a new one is not.
        int flags = Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL;
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, path, flags, mode, out FileDescriptor file);
        if (errno == Errno.EEXIST)
        {
            _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, path);
            errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, path, flags, mode, out file);
        }
        if (errno != Errno.None)
            throw new SyscallException("open", errno, path);
        using (file)
            file.Write(content);
    }

    /// <summary>Renames over what is there.</summary>
    public static void Rename(string from, string to)
    {
        Errno errno = Unistd.TryRename(FileDescriptor.CurrentDirectory, from, FileDescriptor.CurrentDirectory, to);
        if (errno != Errno.None)
            throw new SyscallException("rename", errno, to);
    }
}
