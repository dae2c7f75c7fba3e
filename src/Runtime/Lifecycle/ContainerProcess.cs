using System.Globalization;
using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>The process of a container that another call has made: is it still the one, in what state, and its cgroup.</summary>
public sealed class ContainerProcess : IDisposable
{
    private readonly Lazy<ContainerCgroup?> _cgroup;

    private ContainerProcess(ContainerDirectory directory, ContainerState state, FileDescriptor? pidfd)
    {
        (Directory, State, PidFd) = (directory, state, pidfd);
        _cgroup = new Lazy<ContainerCgroup?>(() => state.Cgroup.Length == 0 ? null : ContainerCgroup.Open(CgroupHierarchy.OfThisMachine, state.Cgroup));
    }

    public ContainerDirectory Directory { get; }
    public ContainerState State { get; }

    /// <summary>The process, or null when it has ended.</summary>
    public FileDescriptor? PidFd { get; }

    /// <summary>The container's group; an unprivileged container may have none.</summary>
    public ContainerCgroup? TryCgroup => _cgroup.Value;

    /// <summary>As <see cref="TryCgroup"/>, for what cannot be done without.</summary>
    public ContainerCgroup Cgroup =>
        _cgroup.Value ?? throw new TareException(ErrorKind.NotSupported, $"container {State.Id} has no cgroup of its own: it was made by an unprivileged user");

    /// <summary>creating, created, running, paused or stopped.</summary>
    public string Status =>
        PidFd is null ? "stopped"
        : State.Creating ? "creating"
        : File.Exists(Directory.Gate) ? "created"
        : TryCgroup?.IsFrozen == true ? "paused"
        : "running";

    public static ContainerProcess Open(string root, string id)
    {
        ContainerDirectory directory = ContainerDirectory.Of(root, id);
        ContainerState state = directory.Load();
        return new ContainerProcess(directory, state, OpenProcess(state));
    }

    /// <summary>One that this call itself has made and knows all about; <paramref name="pidfd"/> is null once it has ended.</summary>
    public static ContainerProcess Of(Created created, FileDescriptor? pidfd) => new(created.Directory, created.State, pidfd);

    public ContainerReport Report() => new()
    {
        OciVersion = State.OciVersion,
        Id = State.Id,
        Status = Status,
        Pid = PidFd is null ? 0 : State.Pid,
        Bundle = State.Bundle,
        Rootfs = State.Rootfs,
        Created = State.Created,
        Annotations = State.Annotations,
        Owner = UserName(State.Owner),
    };

    /// <summary>The state as hooks see it.</summary>
    public HookState ReportToHook(string status) => new()
    {
        OciVersion = State.OciVersion,
        Id = State.Id,
        Status = status,
        Pid = status == "stopped" ? 0 : State.Pid,
        Bundle = State.Bundle,
        Annotations = State.Annotations,
    };

    /// <summary>The pidfd of a container that must be running.</summary>
    public FileDescriptor Running() => PidFd ?? throw new TareException(ErrorKind.Conflict, "container not running");

    public void Signal(int signal)
    {
        if (PidFd is null || Process.TrySignal(PidFd, signal) is Errno.ESRCH)
            throw new TareException(ErrorKind.Conflict, "container not running");
    }

    /// <inheritdoc/>
    public void Dispose() => PidFd?.Dispose();

    /// <summary>Start time of a process in clock ticks since boot, or null when it is gone or only a zombie.</summary>
    public static ulong? StartTimeOf(int pid)
    {
        if (SmallFile.TryReadText($"/proc/{pid}/stat") is not { Length: > 0 } stat)
            return null;
        // The second field is the name in parentheses and may hold anything; what follows its last parenthesis is regular.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
    }

    private static string UserName(uint id)
    {
        if (id == 0)
            return "root";
        foreach (string line in File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd") : [])
            if (line.Split(':') is { Length: > 2 } fields && fields[2] == id.ToString(CultureInfo.InvariantCulture))
                return fields[0];
        return "#" + id.ToString(CultureInfo.InvariantCulture);
    }

    private static FileDescriptor? OpenProcess(ContainerState state)
    {
        if (Process.TryOpen(state.Pid, out FileDescriptor pidfd) != Errno.None)
            return null;
        if (StartTimeOf(state.Pid) == state.StartTime)
            return pidfd;
        pidfd.Dispose();
        return null;
    }
}
