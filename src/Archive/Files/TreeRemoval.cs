using Tare.Linux;

namespace Tare.Archive.Files;

/// <summary>
/// Removes a name with everything below it, by descriptors only, so that a link swapped in meanwhile is removed itself and not followed.
/// Any depth: deep directories are moved up first.
/// </summary>
public static class TreeRemoval
{
    private const int MaxDepth = 48;

    /// <summary>Removes a name in a directory; one that does not exist is fine.</summary>
    public static void Remove(FileDescriptor directory, string name)
    {
        Errno errno = Unistd.TryUnlink(directory, name);
        if (errno is Errno.None or Errno.ENOENT)
            return;
        if (errno is not (Errno.EISDIR or Errno.EPERM))
            throw FileFailure.Translate(errno, "remove", name);
        var deep = new Queue<string>();
        RemoveDirectory(directory, name, directory, 0, deep);
        while (deep.TryDequeue(out string? moved))
            RemoveDirectory(directory, moved, directory, 0, deep);
    }

    private static void RemoveDirectory(FileDescriptor parent, string name, FileDescriptor top, int depth, Queue<string> deep)
    {
        Errno errno = Fcntl.TryOpenAt(parent, name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened);
        using FileDescriptor directory = opened;
        if (errno == Errno.ENOENT)
            return;
        FileFailure.Check(errno, "open", name);
        foreach (DirectoryEntry entry in Dirent.List(directory))
        {
            errno = entry.Type == Dirent.DT_DIR ? Errno.EISDIR : Unistd.TryUnlink(directory, entry.Name);
            if (errno is Errno.None or Errno.ENOENT)
                continue;
            if (errno is not (Errno.EISDIR or Errno.EPERM))
                throw FileFailure.Translate(errno, "remove", entry.Name);
            if (depth < MaxDepth)
            {
                RemoveDirectory(directory, entry.Name, top, depth + 1, deep);
                continue;
            }
            string moved = $".removing-{Guid.NewGuid():N}";
            FileFailure.Check(Unistd.TryRename(directory, entry.Name, top, moved), "move up", entry.Name);
            deep.Enqueue(moved);
        }
        errno = Unistd.TryUnlink(parent, name, Unistd.AT_REMOVEDIR);
        if (errno is not (Errno.None or Errno.ENOENT))
            throw FileFailure.Translate(errno, "remove", name);
    }
}
