using System.Collections;
using System.Globalization;
using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Steps;
using Tare.SyscallProgram;

namespace Tare.Runtime.Checkpoint;

/// <summary>What criu finds in a mount namespace that it begins in.</summary>
internal sealed record CriuView
{
    /// <summary>An empty directory of the host where the root file system shows.</summary>
    public required string Place { get; init; }

    /// <summary>The root file system by its path, or null for a detached mount, which is passed before the others.</summary>
    public string? Rootfs { get; init; }

    /// <summary>An empty directory of the host where other detached mounts show.</summary>
    public string MountsPlace { get; init; } = "";

    /// <summary>Other detached mounts, as they are passed: whether each is a directory.</summary>
    public IReadOnlyList<bool> AreDirectories { get; init; } = [];

    /// <summary>How many detached mounts are passed.</summary>
    public int Count => AreDirectories.Count + (Rootfs is null ? 1 : 0);

    /// <summary>Where one of the other detached mounts shows.</summary>
    public string PathOf(int mount) => $"{MountsPlace}/{mount.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary>The program that becomes criu(8), whoever spawns it.</summary>
internal static class CriuProgram
{
    /// <summary>criu has its socket as 3, which is the first of what is passed; the others follow.</summary>
    public const int FirstPassed = 4;

    private const int AT_FDCWD = -100;

    /// <param name="inherited">How many descriptors criu inherits: the last of those that are passed.</param>
    /// <param name="tasks">How many membership files of cgroups come first.</param>
    /// <param name="view">The mount namespace that it begins in, whose detached mounts come next; the caller's when null.</param>
    /// <param name="streamOwner">Whom the output streams are given.</param>
    public static CompiledContainer Build(int inherited, int tasks = 0, CriuView? view = null, (uint Uid, uint Gid)? streamOwner = null)
    {
        string path = Find();
        ProgramBuilder program = new();
        NamespaceSteps.CloseDescriptors(program);
        NamespaceSteps.EnterCgroups(program, [.. Enumerable.Range(0, tasks)]);
        if (view is not null)
            Show(program, view, tasks);
        if (streamOwner is { } owner)
            for (int fd = 1; fd <= 2; fd++)
                program.Call(SyscallNumber.Fchown, "fchown", "the user owns its streams", fd, owner.Uid, owner.Gid);
        // Upwards: each number is read before another one is put in its place. The program's own descriptors are among those that go.
        int first = tasks + (view?.Count ?? 0);
        for (int i = 0; i < inherited; i++)
            program.Call(SyscallNumber.Dup3, "dup3", "hand a descriptor on to criu", Compilation.Passed(first + i), FirstPassed - 1 + i, 0);
        program.Call(SyscallNumber.RtSigaction, "rt_sigaction", "SIGPIPE ends a process again", 13, program.Bytes(new byte[32]), 0, 8);
        program.Call(SyscallNumber.Execve, "execve", $"run {path}", program.String(path), program.StringArray(["criu", "swrk", "3"]), program.StringArray(Environment()));
        return new CompiledContainer(program.Build(), 0, int.MaxValue, path);
    }

    /// <summary>criu's path; throws where it is not installed.</summary>
    public static string Find()
    {
        foreach (string directory in (System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries))
            if (File.Exists(Path.Combine(directory, "criu")))
                return Path.Combine(directory, "criu");
        throw new TareException(ErrorKind.Unavailable, "criu is not installed (no such program in PATH): checkpoint and restore are its work; install the package criu");
    }

    /// <summary>
    /// criu restores below a mount point whose parent is not covered. It begins in a mount namespace of its own: nothing of this shows on the host, and
    /// nothing has to be taken back.
    /// </summary>
    private static void Show(ProgramBuilder program, CriuView view, int next)
    {
        program.Call(SyscallNumber.Unshare, "unshare", "mounts of criu's own", Sched.CLONE_NEWNS);
        program.Call(SyscallNumber.Mount, "mount", "no mount made here reaches the host", 0, program.String("/"), 0, Mount.MS_REC | Mount.MS_SLAVE, 0);
        if (view.Rootfs is null)
            Attach(program, next++, view.Place, "the root file system as a mount");
        else
            program.Call(SyscallNumber.Mount, "mount", "the root file system as a mount", program.String(view.Rootfs), program.String(view.Place), 0, Mount.MS_BIND | Mount.MS_REC, 0);
        if (view.AreDirectories.Count == 0)
            return;
        program.Call(SyscallNumber.Mount, "mount", "places for prepared mounts", program.String("tmpfs"), program.String(view.MountsPlace), program.String("tmpfs"), 0, 0);
        for (int i = 0; i < view.AreDirectories.Count; i++)
        {
            if (view.AreDirectories[i])
                program.Call(SyscallNumber.Mkdirat, "mkdirat", "the place of a prepared mount", AT_FDCWD, program.String(view.PathOf(i)), 0x1c0);
            else
                program.Call(SyscallNumber.Mknodat, "mknodat", "the place of a prepared mount", AT_FDCWD, program.String(view.PathOf(i)), FileStatus.S_IFREG | 0x180, 0);
            Attach(program, next++, view.PathOf(i), "a prepared mount");
        }
    }

    private static void Attach(ProgramBuilder program, int index, string place, string reason) =>
        program.Call(SyscallNumber.MoveMount, "move_mount", reason,
            Compilation.Passed(index), program.String(""), AT_FDCWD, program.String(place), Mount.MOVE_MOUNT_F_EMPTY_PATH);

    private static string[] Environment() =>
        [.. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}")];
}
