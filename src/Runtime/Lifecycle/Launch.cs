using System.Buffers.Binary;
using Tare.Errors;
using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Lifecycle;

/// <summary>What becomes of a program that this process spawns itself, without a keeper.</summary>
/// <param name="Pid">The new process.</param>
/// <param name="PidFd">Its descriptor.</param>
/// <param name="Terminal">The terminal's master side, or null.</param>
public sealed record Launched(int Pid, FileDescriptor PidFd, FileDescriptor? Terminal);

/// <summary>What a launch needs beside the program, and what is done at the points where the program stops for its spawner.</summary>
public sealed record LaunchOptions
{
    /// <summary>Descriptors that the program refers to by index.</summary>
    public required IReadOnlyList<FileDescriptor> Passed { get; init; }

    /// <summary>A unified cgroup to be born into.</summary>
    public FileDescriptor? Cgroup { get; init; }

    /// <summary>A pid namespace (or a pidfd) to be born into, when the program does not join it itself.</summary>
    public FileDescriptor? PidNamespace { get; init; }

    /// <summary>Standard streams come from a terminal that the program opens.</summary>
    public bool Terminal { get; init; }

    /// <summary>Standard streams other than this process's own.</summary>
    public IReadOnlyList<FileDescriptor>? Streams { get; init; }

    /// <summary>Maps the ids of the process's new user namespace.</summary>
    public Action<int>? MapUsers { get; init; }

    /// <summary>Moves network devices to the process.</summary>
    public Action<int>? MoveDevices { get; init; }

    /// <summary>Runs the hooks of create; the process, and the terminal if it has opened one.</summary>
    public Action<int>? RunHooks { get; init; }

    /// <summary>Done once the process is there and works on its program, before its first message is waited for.</summary>
    public Action<int>? Meanwhile { get; init; }

    /// <summary>Opens the source of the mount with that place in the configuration, as it is in the process's mount namespace at that moment.</summary>
    public Func<int, int, FileDescriptor>? OpenSource { get; init; }

    /// <summary>Takes the listener of the seccomp filter.</summary>
    public Action<int, FileDescriptor>? TakeListener { get; init; }
}

/// <summary>Spawns tare-init with a compiled program and follows its status socket until it has started, waits at its gate, or has failed.</summary>
public static class Launch
{
    /// <summary>Returns when the program has ended in its execve or has arrived at its gate; a failure has been reaped.</summary>
    public static Launched Start(CompiledContainer compiled, LaunchOptions options)
    {
        using FileDescriptor program = compiled.Program.ToMemoryFile();
        using FileDescriptor init = OpenInit();
        using FileDescriptor nothing = Fcntl.Open("/dev/null", Fcntl.O_RDWR);
        IReadOnlyList<FileDescriptor> stdio = options.Terminal
            ? [nothing, nothing, nothing]
            : options.Streams ?? [new(0, owns: false), new(1, owns: false), new(2, owns: false)];
        (FileDescriptor status, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_SEQPACKET);
        using (status)
        {
            Errno errno;
            int pid;
            FileDescriptor pidfd;
            using (theirs)
                errno = Clone(new SpawnOptions
                {
                    Executable = init,
                    Descriptors = [.. stdio, program, theirs, .. options.Passed],
                    Namespaces = compiled.Namespaces,
                    Cgroup = options.Cgroup,
                }, options.PidNamespace, out pid, out pidfd);
            if (errno == Errno.EBUSY && options.Cgroup is not null)
                throw new TareException(ErrorKind.Conflict, "error adding pid of a new process to cgroups: groups below have controllers", new SyscallException("clone3", errno, "tare-init"));
            if (errno != Errno.None)
                throw new SyscallException("clone3", errno, "tare-init");
            return new Follower(compiled, options, status, pid, pidfd).Run();
        }
    }

    private static Errno Clone(SpawnOptions options, FileDescriptor? pidNamespace, out int pid, out FileDescriptor pidfd)
    {
        if (pidNamespace is null)
            return Spawn.TryStart(options, out pid, out pidfd);
        // While children of this thread would be born into another pid namespace, it can start no threads: back right after the clone.
        using FileDescriptor own = Fcntl.Open("/proc/thread-self/ns/pid", Fcntl.O_RDONLY);
        Errno errno = Sched.TryJoin(pidNamespace, Sched.CLONE_NEWPID);
        if (errno != Errno.None)
            throw new SyscallException("setns", errno, "pid namespace");
        errno = Spawn.TryStart(options, out pid, out pidfd);
        _ = Sched.TryJoin(own, Sched.CLONE_NEWPID);
        return errno;
    }

    /// <summary>
    /// tare-init from beside this program, copied into a sealed memory file: a container can reach its /proc/self/exe, and must not be able to
    /// write to it (CVE-2019-5736).
    /// </summary>
    private static FileDescriptor OpenInit()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "tare-init");
        if (!File.Exists(path))
            throw new TareException(ErrorKind.Unavailable, $"{path} is missing; install tare-init beside tare-runtime");
        return Memfd.CreateSealed("tare-init", File.ReadAllBytes(path));
    }

    /// <summary>Follows one program; see <see cref="StatusMessage"/>.</summary>
    private sealed class Follower(CompiledContainer compiled, LaunchOptions options, FileDescriptor status, int pid, FileDescriptor pidfd)
    {
        private int _pid = pid;
        private FileDescriptor _pidfd = pidfd;
        private FileDescriptor? _terminal;

        public Launched Run()
        {
            try
            {
                options.Meanwhile?.Invoke(_pid);
                byte[] message = new byte[8];
                List<FileDescriptor> descriptors = [];
                while (true)
                {
                    _ = Socket.TryReceive(status, message, descriptors, out int length);
                    if (length == 8)
                        throw Failure(BinaryPrimitives.ReadInt32LittleEndian(message), (Errno)BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(4)));
                    if (length == 0 || message[0] == StatusMessage.Ready)
                        return Arrived(length == 0);
                    Handle(message[0], length == 5 ? BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(1)) : 0, descriptors);
                }
            }
            catch
            {
                _ = Process.TrySignal(_pidfd, Process.SIGKILL);
                _ = Process.TryReap(_pidfd, wait: true, out _);
                _pidfd.Dispose();
                _terminal?.Dispose();
                throw;
            }
        }

        /// <summary>The words that engines look for before they look for the reason.</summary>
        private TareException Failure(int operation, Errno errno)
        {
            TareException reason = compiled.Explain(operation, errno).Error;
            return new TareException(reason.Kind, "unable to start container process", reason);
        }

        /// <summary>End of file is the execve, or a death that could not be told: that of a program killed from outside.</summary>
        private Launched Arrived(bool ended)
        {
            if (ended && Process.TryPeek(_pidfd, out ExitStatus status) && status.Signal != 0 && compiled.IsGated)
                throw TareException.Internal($"container init was killed by signal {status.Signal} (out of memory?)");
            return new Launched(_pid, _pidfd, _terminal);
        }

        private void Handle(byte message, int number, List<FileDescriptor> descriptors)
        {
            switch (message)
            {
                case StatusMessage.Terminal when descriptors.Count == 1:
                    _terminal = descriptors[0];
                    descriptors.Clear();
                    return;
                case StatusMessage.Moved:
                    Follow(number);
                    break;
                case StatusMessage.MapUsers:
                    options.MapUsers!(_pid);
                    break;
                case StatusMessage.Devices:
                    options.MoveDevices!(_pid);
                    break;
                case StatusMessage.Hooks:
                    options.RunHooks!(_pid);
                    break;
                case StatusMessage.Source:
                    using (FileDescriptor source = options.OpenSource!(_pid, number))
                        _ = Socket.TrySend(status, [StatusMessage.Continue], [source]);
                    return;
                case StatusMessage.Listener:
                    using (FileDescriptor listener = Fetch(number))
                        options.TakeListener!(_pid, listener);
                    break;
                default:
                    throw TareException.Internal($"unknown message {message} from tare-init");
            }
            _ = Socket.TrySend(status, [StatusMessage.Continue]);
        }

        private void Follow(int next)
        {
            Errno errno = Process.TryOpen(next, out FileDescriptor pidfd);
            if (errno != Errno.None)
                throw new SyscallException("pidfd_open", errno, "tare-init");
            _ = Process.TryReap(_pidfd, wait: true, out _);
            _pidfd.Dispose();
            (_pid, _pidfd) = (next, pidfd);
        }

        private FileDescriptor Fetch(int number)
        {
            Errno errno = Process.TryFetch(_pidfd, number, out FileDescriptor fetched);
            return errno == Errno.None ? fetched : throw new SyscallException("pidfd_getfd", errno, "seccomp listener");
        }
    }
}
