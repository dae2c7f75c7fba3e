using Tare.Linux;

namespace Tare.Engine.Containers.Logs;

/// <summary>The files of a log that may be rotated at any moment: NAME is the newest, NAME.1 the one before it. A file is known by its inode.</summary>
internal sealed class LogFiles(string path)
{
    private const int MaxTries = 100;

    /// <summary>All files, oldest first; belongs to the caller.</summary>
    internal List<FileDescriptor> OpenAll()
    {
        for (int tries = 1; ; tries++)
        {
            List<FileDescriptor> files = [];
            int number = 0;
            for (; TryOpen(number, out FileDescriptor file); number++)
                files.Insert(0, file);
            // Rotated while they were opened: one file would be there twice or missing, or one is between two names. A file that somebody has removed stays missing.
            bool whole = !TryInode(number + 1, out _) && (files.Count == 0 || (TryInode(0, out ulong inode) && inode == Stat.Of(files[^1]).Inode));
            if (whole || tries == MaxTries)
                return files;
            files.ForEach(file => file.Dispose());
            Thread.Sleep(1);
        }
    }

    /// <summary>The file after a given one, which may have been renamed meanwhile; null when the given one is the newest.</summary>
    internal FileDescriptor? OpenNext(FileDescriptor file)
    {
        ulong inode = Stat.Of(file).Inode;
        if (!TryInode(0, out ulong newest) || newest == inode)
            return null;
        int number = 1;
        while (TryInode(number, out ulong other))
        {
            if (other == inode)
                return TryOpen(number - 1, out FileDescriptor next) ? next : null;
            number++;
        }
        // So far behind that it is gone: go on with the oldest there is.
        return TryOpen(number - 1, out FileDescriptor oldest) ? oldest : null;
    }

    private string Name(int number) => number == 0 ? path : $"{path}.{number}";

    private bool TryOpen(int number, out FileDescriptor file) =>
        Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, Name(number), Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW, 0, out file) == Errno.None;

    private bool TryInode(int number, out ulong inode)
    {
        bool found = Stat.TryOf(FileDescriptor.CurrentDirectory, Name(number), out FileStatus status) == Errno.None;
        inode = status.Inode;
        return found;
    }
}
