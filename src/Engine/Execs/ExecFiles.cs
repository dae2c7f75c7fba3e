using Tare.Linux;

namespace Tare.Engine.Execs;

/// <summary>The records of execs, a file each, named by id. A record is there as a whole or as it was before, whenever the engine ends. Thread-safe for different ids.</summary>
internal sealed class ExecFiles
{
    private const int CreateNew = Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_CLOEXEC;
    private const int CreateOver = Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_CLOEXEC;
    private readonly string _path;
    private readonly FileDescriptor _directory;

    public ExecFiles(string path)
    {
        _path = path;
        _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _directory = Fcntl.Open(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC);
    }

    /// <summary>Ids and contents; what was not finished is among them.</summary>
    public IEnumerable<(string Id, byte[] Record)> ReadAll() => Directory.EnumerateFiles(_path).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)));

    /// <summary>Writes the first record of an id, of which nobody was told yet: half of one is no record.</summary>
    public void Create(string id, ReadOnlySpan<byte> record)
    {
        try
        {
            Write(id, CreateNew, record);
        }
        catch
        {
            Delete(id);
            throw;
        }
    }

    /// <summary>Puts a record in the place of an id's present one.</summary>
    public void Replace(string id, ReadOnlySpan<byte> record)
    {
        Write(id + ".new", CreateOver, record);
        Errno errno = Unistd.TryRename(_directory, id + ".new", _directory, id);
        if (errno != Errno.None)
            throw new SyscallException("rename", errno, Path.Combine(_path, id));
    }

    /// <summary>Removes an id's record, if there is one.</summary>
    public void Delete(string id) => _ = Unistd.TryUnlink(_directory, id);

    private void Write(string name, int flags, ReadOnlySpan<byte> record)
    {
        using FileDescriptor file = Fcntl.OpenAt(_directory, name, flags, 0x180 /* 0600 */);
        file.Write(record);
    }
}
