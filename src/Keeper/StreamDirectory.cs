using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// The directory of the processes' output streams: a FIFO for each, which the process holds open for reading and writing, so that neither end of it
/// dies with a keeper, and what the log has of a line that is not complete.
/// </summary>
internal sealed class StreamDirectory : IDisposable
{
    private const uint FifoMode = FileStatus.S_IFIFO | 0x180;
    private readonly FileDescriptor _directory;

    /// <summary>Opens the directory, made when it is not there.</summary>
    public StreamDirectory(string path)
    {
        _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _directory = Fcntl.Open(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
    }

    /// <summary>The directory itself.</summary>
    public FileDescriptor Handle => _directory;

    /// <summary>Makes the FIFO of a stream (1 or 2) and opens both ends: ours, and the process's, which reads too.</summary>
    public (FileDescriptor Reader, FileDescriptor Process) MakePipe(string key, byte stream)
    {
        string name = PipeName(key, stream);
        Errno errno = Stat.TryMakeNode(_directory, name, FifoMode);
        if (errno == Errno.EEXIST)
        {
            // Of a spawn that a keeper before this one did not finish.
            _ = Unistd.TryUnlink(_directory, name);
            errno = Stat.TryMakeNode(_directory, name, FifoMode);
        }
        if (errno != Errno.None)
            throw new SyscallException("mkfifo", errno, name);
        // Without O_NOFOLLOW, which criu would open it with again, through a link.
        FileDescriptor process = Fcntl.OpenAt(_directory, name, Fcntl.O_RDWR);
        try
        {
            return (Fcntl.OpenAt(_directory, name, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOFOLLOW), process);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Our end of a stream that a keeper before this one made; null when there is none.</summary>
    public FileDescriptor? OpenPipe(string key, byte stream) =>
        Fcntl.TryOpenAt(_directory, PipeName(key, stream), Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOFOLLOW, 0, out FileDescriptor fd) == Errno.None ? fd : null;

    /// <summary>Where the beginning of a line without an end is kept.</summary>
    public static string PartName(string key, byte stream) => $"{key}.{stream}.part";

    /// <summary>Where a journal entry waits for the process that it is about.</summary>
    public static string EntryName(string key) => $"{key}.entry";

    /// <summary>Removes everything of a process.</summary>
    public void Remove(string key)
    {
        for (byte stream = 1; stream <= 2; stream++)
        {
            _ = Unistd.TryUnlink(_directory, PipeName(key, stream));
            _ = Unistd.TryUnlink(_directory, PartName(key, stream));
            _ = Unistd.TryUnlink(_directory, PartName(key, stream) + ".new");
        }
        _ = Unistd.TryUnlink(_directory, EntryName(key));
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private static string PipeName(string key, byte stream) => $"{key}.{stream}";
}
