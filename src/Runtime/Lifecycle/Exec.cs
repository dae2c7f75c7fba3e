using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Seccomp;

namespace Tare.Runtime.Lifecycle;

/// <summary>What `exec` takes beside the process.</summary>
public sealed record ExecOptions
{
    public string? ConsoleSocket { get; init; }
    public string? PidFile { get; init; }
    public string? PidFdSocket { get; init; }
    public int PreservedDescriptors { get; init; }
    public bool IgnorePaused { get; init; }

    /// <summary>Groups below the container's own, which must exist; null leaves the choice to the runtime.</summary>
    public SubGroups? SubGroups { get; init; }

    public Action<string> Warn { get; init; } = static _ => { };
}

/// <summary>`exec`: one more process in a running container.</summary>
public static class Exec
{
    private const int ExecvePatience = 1000;

    /// <summary>Starts it. The caller owns the result's descriptors; a terminal is there only without a console socket.</summary>
    public static Launched Run(ContainerProcess container, RuntimeSpec spec, ProcessSpec process, ExecOptions options)
    {
        FileDescriptor target = container.Running();
        if (container.Status == "paused" && !options.IgnorePaused)
            throw new TareException(ErrorKind.Conflict, "cannot exec in a paused container (use --ignore-paused to override)");
        SpecCheck.Process(process);
        if (process.Capabilities is not null)
            SpecCheck.Capabilities(process.Capabilities, HasUserNamespace(container) ? ulong.MaxValue : Privilege.Permitted(), options.Warn);
        using (FileDescriptor root = OpenRoot(container.State.Pid))
            HomeDirectory.Complete(process, root);
        using CgroupEntry? entry = container.TryCgroup?.OpenEntry(options.SubGroups, container.State.Pid);
        IReadOnlyList<FileDescriptor> tasks = entry?.TaskFiles ?? [];
        IReadOnlyList<FileDescriptor> inherited = CreateOptions.Inherited(options.PreservedDescriptors);
        ulong kinds = container.State.Namespaces;
        bool spawnerJoins = (kinds & Sched.CLONE_NEWPID) != 0 && (kinds & (Sched.CLONE_NEWUSER | Sched.CLONE_NEWTIME)) == 0;
        SeccompFilter? filter = spec.Linux?.Seccomp is { } seccomp ? SeccompConfiguration.Compile(seccomp) : null;
        CompiledContainer compiled = ExecCompiler.Compile(process, new ExecContext
        {
            Target = 0,
            Pid = container.State.Pid,
            Namespaces = spawnerJoins ? kinds & ~Sched.CLONE_NEWPID : kinds,
            CgroupProcs = [.. Enumerable.Range(1, tasks.Count)],
            Preserved = [.. Enumerable.Range(1 + tasks.Count, inherited.Count)],
            SeccompFilter = filter?.Program,
            SeccompFlags = (uint)(filter?.Flags ?? 0),
            OwnedStreams = StandardStreams.ToOwn(process),
            Linux = spec.Linux,
            Rootless = container.State.Rootless,
            KeepsNewlines = options.ConsoleSocket is null,
        });
        Launched launched = Launch.Start(compiled, new LaunchOptions
        {
            Passed = [target, .. tasks, .. inherited],
            Cgroup = entry?.CloneInto,
            PidNamespace = spawnerJoins ? target : null,
            Terminal = process.Terminal,
            Meanwhile = ResourceControl.Of(container.State) is { } classes ? classes.Join : null,
            TakeListener = (pid, listener) => SeccompAgent.Send(spec, container.ReportToHook(container.Status), pid, listener),
        });
        launched = HandOut.Terminal(options.ConsoleSocket, launched);
        HandOut.PidFd(options.PidFdSocket, launched.PidFd);
        HandOut.PidFile(options.PidFile, launched.Pid);
        return launched;
    }

    /// <summary>
    /// The container's root. What was started a moment ago may not have come to its execve, and until then an ordinary user may not look into it or join
    /// it (proc(5), PTRACE_MODE_READ): that is waited for, as long as an execve may take.
    /// </summary>
    private static FileDescriptor OpenRoot(int pid)
    {
        string path = $"/proc/{pid}/root";
        for (int waited = 0; ; waited++)
        {
            Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY, 0, out FileDescriptor root);
            if (errno == Errno.None)
                return root;
            if (errno != Errno.EACCES || waited == ExecvePatience)
                throw new SyscallException("open", errno, path);
            Thread.Sleep(1);
        }
    }

    private static bool HasUserNamespace(ContainerProcess container) => (container.State.Namespaces & Sched.CLONE_NEWUSER) != 0;
}
