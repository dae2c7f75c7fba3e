using System.Globalization;
using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>The process of a container that another call has made: is it still the one, in what state, and its cgroup.</summary>
public sealed class ContainerProcess : IDisposable
{
    private ContainerProcess(ContainerDirectory directory, ContainerState state, FileDescriptor? pidfd)
    {
        (Directory, State, PidFd) = (directory, state, pidfd);
        Cgroup = ContainerCgroup.Open(CgroupHierarchy.Detect(), state.Cgroup);
    }

    public ContainerDirectory Directory { get; }
    public ContainerState State { get; }

    /// <summary>The process, or null when it has ended.</summary>
    public FileDescriptor? PidFd { get; }

    public ContainerCgroup Cgroup { get; }

    /// <summary>created, running, paused or stopped.</summary>
    public string Status =>
        PidFd is null ? "stopped"
        : File.Exists(Directory.Gate) ? "created"
        : Cgroup.IsFrozen ? "paused"
        : "running";

    public static ContainerProcess Open(string root, string id)
    {
        ContainerDirectory directory = ContainerDirectory.Of(root, id);
        ContainerState state = directory.Load();
        return new ContainerProcess(directory, state, OpenProcess(state));
    }

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
        Owner = "root",
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
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            // The second field is the name in parentheses and may hold anything; what follows its last parenthesis is regular.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : ulong.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
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
