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
    public static Slot Directory(Compilation c, string path, string reason, bool strict = false) =>
        Directory(c, path, reason, c.Program.NewSlot(), strict);

    /// <summary>A directory for a directory, a file for what is none: what the source is shows only when the program runs.</summary>
    public static Slot Like(Compilation c, Slot source, string path, string reason)
    {
        Slot target = c.Program.NewSlot();
        int names = Components(path).Length, directory = 1 + (names * 3);
        VerifySteps.IsDirectory(c.Program, source, reason).Tolerate(directory + 1, Errno.ENOTDIR);
        _ = Directory(c, path, reason, target, strict: false);
        c.Program.Skip(FileOperations(names), "it is a directory");
        _ = File(c, path, reason, target);
        return target;
    }

    private static Slot Directory(Compilation c, string path, string reason, Slot target, bool strict)
    {
        ulong resolve = strict
            ? Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS
            : Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS;
        if (strict)
            reason += ": it must be mounted on ordinary directory";
        string[] names = Components(path);
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
    public static Slot File(Compilation c, string path, string reason) => File(c, path, reason, c.Program.NewSlot());

    private static Slot File(Compilation c, string path, string reason, Slot target)
    {
        string[] names = Components(path);
        string directory = string.Join('/', names[..^1]);
        _ = c.OpenInRoot(path, Fcntl.O_PATH, reason).Tolerate(0, Errno.ENOENT)
            .OnSuccessSkip(FileOperations(names.Length) - 1).Into(target);
        if (names.Length > 1)
            _ = Directory(c, directory, reason);
        _ = c.OpenInRoot(path, Fcntl.O_RDONLY | Fcntl.O_CREAT, $"make the missing file /{string.Join('/', names)}", mode: 0x1a4 /* 0644 */).Into(target);
        return target;
    }

    /// <summary>How many operations <see cref="File(Compilation, string, string)"/> has for a path of so many names.</summary>
    private static int FileOperations(int names) => names > 1 ? 3 + ((names - 1) * 3) : 2;

    /// <summary>The names of a path without empty ones and "."; ".." is refused, for nobody needs it in a configuration.</summary>
    private static string[] Components(string path)
    {
        string[] names = [.. path.Split('/').Where(n => n.Length > 0 && n != ".")];
        if (names.Contains(".."))
            throw Refuse.Invalid($"mount destination {path} contains \"..\"; give the plain path");
        return names;
    }
}
