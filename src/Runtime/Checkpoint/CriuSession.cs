using System.Collections;
using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Lifecycle;
using Tare.Runtime.Steps;
using Tare.SyscallProgram;

namespace Tare.Runtime.Checkpoint;

/// <summary>How criu is started.</summary>
internal sealed record CriuSessionOptions
{
    /// <summary>Descriptors of criu from <see cref="CriuSession.FirstPassed"/> on.</summary>
    public IReadOnlyList<FileDescriptor> Passed { get; init; } = [];

    /// <summary>The group that criu, and so what it restores, is in; null: the caller's.</summary>
    public Cgroups.CgroupEntry? Group { get; init; }

    /// <summary>The caller's standard streams are for what is restored.</summary>
    public bool OwnStreams { get; init; }

    /// <summary>A root file system that shows at another place, in a mount namespace that criu begins in.</summary>
    public (string Rootfs, string Place)? Root { get; init; }
}

/// <summary>
/// One run of criu(8) that is spoken to over a socket ("swrk"): a request, its notifications, its answer. criu is this process's child, and so is what it
/// restores. Used by one thread.
/// </summary>
internal sealed class CriuSession : IDisposable
{
    /// <summary>criu has its socket as 3.</summary>
    public const int FirstPassed = 4;

    private const int MostBytes = 64 * 1024;
    private readonly FileDescriptor _socket;
    private readonly Launched _criu;

    private CriuSession(FileDescriptor socket, Launched criu) => (_socket, _criu) = (socket, criu);

    /// <summary>criu itself.</summary>
    public int Pid => _criu.Pid;

    public static CriuSession Start(CriuSessionOptions options)
    {
        string path = Find();
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_SEQPACKET);
        using (theirs)
        {
            IReadOnlyList<FileDescriptor> tasks = options.Group?.TaskFiles ?? [];
            ProgramBuilder program = new();
            NamespaceSteps.CloseDescriptors(program);
            NamespaceSteps.EnterCgroups(program, [.. Enumerable.Range(1 + options.Passed.Count, tasks.Count)]);
            if (options.Root is { } root)
                ShowRoot(program, root.Rootfs, root.Place);
            // Upwards: each number is read before another one is put in its place. The program's own descriptors are among those that go.
            for (int i = 0; i <= options.Passed.Count; i++)
                program.Call(SyscallNumber.Dup3, "dup3", "hand a descriptor on to criu", Compilation.Passed(i), 3 + i, 0);
            program.Call(SyscallNumber.RtSigaction, "rt_sigaction", "SIGPIPE ends a process again", 13, program.Bytes(new byte[32]), 0, 8);
            program.Call(SyscallNumber.Execve, "execve", $"run {path}", program.String(path), program.StringArray(["criu", "swrk", "3"]), program.StringArray(Environment()));
            using FileDescriptor nothing = Fcntl.Open("/dev/null", Fcntl.O_RDWR);
            try
            {
                Launched criu = Launch.Start(new CompiledContainer(program.Build(), 0, int.MaxValue, path), new LaunchOptions
                {
                    Passed = [theirs, .. options.Passed, .. tasks],
                    Cgroup = options.Group?.CloneInto,
                    Streams = options.OwnStreams ? null : [nothing, nothing, nothing],
                });
                return new CriuSession(ours, criu);
            }
            catch
            {
                ours.Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// Sends a request and follows it to its end. <paramref name="notified"/> is told of each step (the script's name, a process, a descriptor that came
    /// with it) before criu goes on.
    /// </summary>
    public CriuAnswer Ask(CriuRequest type, CriuWriter? options, Action<string, int, FileDescriptor?>? notified = null, CriuWriter? features = null)
    {
        CriuWriter request = new CriuWriter().Number(1, (int)type);
        if (options is not null)
            _ = request.Message(2, options);
        if (features is not null)
            _ = request.Message(5, features);
        Send(request);
        while (true)
        {
            (CriuAnswer answer, FileDescriptor? descriptor) = Receive(type);
            using (descriptor)
            {
                if (answer.Type != (int)CriuRequest.Notify)
                    return answer;
                notified?.Invoke(answer.Script, answer.Pid, descriptor);
                Send(new CriuWriter().Number(1, (int)CriuRequest.Notify).Flag(3, true));
            }
        }
    }

    /// <summary>Waits for criu's own end.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _ = Process.TryReap(_criu.PidFd, wait: true, out _);
        _criu.PidFd.Dispose();
    }

    private void Send(CriuWriter message)
    {
        Errno errno = Socket.TrySend(_socket, message.Bytes);
        if (errno != Errno.None)
            throw new TareException(ErrorKind.Internal, "criu ended before it was done", new SyscallException("sendmsg", errno, "criu"));
    }

    private (CriuAnswer, FileDescriptor?) Receive(CriuRequest type)
    {
        byte[] buffer = new byte[MostBytes];
        List<FileDescriptor> descriptors = [];
        Errno errno = Socket.TryReceive(_socket, buffer, descriptors, out int length);
        if (errno != Errno.None || length == 0)
            throw TareException.Internal($"criu ended during {type.ToString().ToLowerInvariant()} without an answer; \"criu check\" says what this kernel lacks");
        try
        {
            return (CriuAnswer.Parse(buffer.AsSpan(0, length)), descriptors.FirstOrDefault());
        }
        catch (FormatException e)
        {
            throw TareException.Internal("criu's answer is not understood", e);
        }
    }

    /// <summary>
    /// criu restores below a mount point whose parent is not covered. It begins in a mount namespace of its own: nothing of this shows on the host, and
    /// nothing has to be taken back.
    /// </summary>
    private static void ShowRoot(ProgramBuilder program, string rootfs, string place)
    {
        program.Call(SyscallNumber.Unshare, "unshare", "mounts of criu's own", Sched.CLONE_NEWNS);
        program.Call(SyscallNumber.Mount, "mount", "no mount made here reaches the host", 0, program.String("/"), 0, Mount.MS_REC | Mount.MS_SLAVE, 0);
        program.Call(SyscallNumber.Mount, "mount", "the root file system as a mount", program.String(rootfs), program.String(place), 0, Mount.MS_BIND | Mount.MS_REC, 0);
    }

    /// <summary>criu's path; throws where it is not installed.</summary>
    public static string Find()
    {
        foreach (string directory in (System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries))
            if (File.Exists(Path.Combine(directory, "criu")))
                return Path.Combine(directory, "criu");
        throw new TareException(ErrorKind.Unavailable, "criu is not installed (no such program in PATH): checkpoint and restore are its work; install the package criu");
    }

    private static string[] Environment() =>
        [.. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}")];
}

/// <summary>criu_req_type of criu's rpc.proto.</summary>
internal enum CriuRequest
{
    Dump = 1,
    Restore = 2,
    PreDump = 4,
    Notify = 6,
    FeatureCheck = 9,
    Version = 10,
}
