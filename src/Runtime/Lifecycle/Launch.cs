using System.Buffers.Binary;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>What becomes of a program that this process spawns itself, without a keeper.</summary>
/// <param name="Pid">The new process.</param>
/// <param name="PidFd">Its descriptor.</param>
/// <param name="Terminal">The terminal's master side, or null.</param>
public sealed record Launched(int Pid, FileDescriptor PidFd, FileDescriptor? Terminal);

/// <summary>Spawns tare-init with a compiled program and follows its status socket until it has started, waits at its gate, or has failed.</summary>
public static class Launch
{
    /// <summary>
    /// Starts the program with this process's own standard streams. Returns when the program has ended in its execve or has arrived at its gate.
    /// </summary>
    public static Launched Start(CompiledContainer compiled, IReadOnlyList<FileDescriptor> passed, FileDescriptor? cgroup, FileDescriptor? pidNamespace, bool terminal)
    {
        using FileDescriptor program = compiled.Program.ToMemoryFile();
        using FileDescriptor init = OpenInit();
        using FileDescriptor nothing = Fcntl.Open("/dev/null", Fcntl.O_RDWR);
        FileDescriptor[] stdio = terminal
            ? [nothing, nothing, nothing]
            : [new(0, owns: false), new(1, owns: false), new(2, owns: false)];
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
                    Descriptors = [.. stdio, program, theirs, .. passed],
                    Namespaces = compiled.Namespaces,
                    Cgroup = cgroup,
                }, pidNamespace, out pid, out pidfd);
            if (errno != Errno.None)
                throw new SyscallException("clone3", errno, "tare-init");
            return Follow(compiled, status, pid, pidfd);
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

    private static Launched Follow(CompiledContainer compiled, FileDescriptor status, int pid, FileDescriptor pidfd)
    {
        FileDescriptor? terminal = null;
        byte[] record = new byte[8];
        List<FileDescriptor> descriptors = [];
        while (true)
        {
            _ = Socket.TryReceive(status, record, descriptors, out int length);
            if (length == 1 && descriptors.Count == 1)
            {
                terminal = descriptors[0];
                descriptors = [];
                continue;
            }
            if (length == 8)
            {
                _ = Process.TryReap(pidfd, wait: true, out _);
                throw compiled.Explain(BinaryPrimitives.ReadInt32LittleEndian(record), (Errno)BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(4))).Error;
            }
            return new Launched(pid, pidfd, terminal);
        }
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
}
