using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Opens mount targets below the root and makes the directories or files that are missing, always by descriptor.</summary>
internal static class TargetSteps
{
    private static readonly int OpenDirectoryFlags = Fcntl.O_PATH | Fcntl.O_DIRECTORY;

    /// <summary>
    /// Opens a directory, making it and its parents. With <paramref name="strict"/> no component may be a symbolic link: what is mounted there
    /// (proc, sys, dev) must be where the kernel's own paths say.
    /// </summary>
    public static Slot Directory(Compilation c, string path, string reason, bool strict = false)
    {
        ulong resolve = strict
            ? Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS
            : Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS;
        if (strict)
            reason += ": it must be mounted on ordinary directory";
        string[] names = Components(path);
        Slot target = c.Program.NewSlot();
        _ = c.OpenInRoot(path, OpenDirectoryFlags, reason, resolve)
            .Tolerate(0, Errno.ENOENT).OnSuccessSkip(names.Length * 3).Into(target);
        Argument parent = c.Root;
        for (int i = 0; i < names.Length; i++)
        {
            string prefix = string.Join('/', names[..(i + 1)]);
            Slot next = i == names.Length - 1 ? target : c.Program.NewSlot();
            _ = c.OpenInRoot(prefix, OpenDirectoryFlags, reason, resolve).Tolerate(0, Errno.ENOENT).OnSuccessSkip(2).Into(next);
            _ = c.Program.Call(SyscallNumber.Mkdirat, "mkdirat", $"make the missing directory /{prefix}", parent, c.Program.String(names[i]), 0x1ed /* 0755 */)
                .Tolerate(0, Errno.EEXIST);
            _ = c.OpenInRoot(prefix, OpenDirectoryFlags, reason, resolve).Into(next);
            parent = next;
        }
        return target;
    }

    /// <summary>Opens whatever is at a path, making an empty file when nothing is there.</summary>
    public static Slot File(Compilation c, string path, string reason)
    {
        string[] names = Components(path);
        string directory = string.Join('/', names[..^1]);
        Slot target = c.Program.NewSlot();
        _ = c.OpenInRoot(path, Fcntl.O_PATH, reason).Tolerate(0, Errno.ENOENT)
            .OnSuccessSkip(names.Length > 1 ? 1 + ((names.Length - 1) * 3) + 1 : 1).Into(target);
        if (names.Length > 1)
            _ = Directory(c, directory, reason);
        _ = c.OpenInRoot(path, Fcntl.O_RDONLY | Fcntl.O_CREAT, $"make the missing file /{string.Join('/', names)}", mode: 0x1a4 /* 0644 */).Into(target);
        return target;
    }

    /// <summary>The names of a path without empty ones and "."; ".." is refused, for nobody needs it in a configuration.</summary>
    private static string[] Components(string path)
    {
        string[] names = [.. path.Split('/').Where(n => n.Length > 0 && n != ".")];
        if (names.Contains(".."))
            throw Refuse.Invalid($"mount destination {path} contains \"..\"; give the plain path");
        return names;
    }
}
