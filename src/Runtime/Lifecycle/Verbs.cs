using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>`start`: opens the gate of a created container.</summary>
public static class Start
{
    public static void Run(string root, string id)
    {
        using ContainerProcess container = ContainerProcess.Open(root, id);
        if (container.Status != "created")
            throw new TareException(ErrorKind.Conflict, container.Status == "stopped"
                ? "cannot start a container that has stopped" : "cannot start an already running container");
        using FileDescriptor gate = Fcntl.Open(container.Directory.Gate, Fcntl.O_WRONLY | Fcntl.O_NONBLOCK);
        File.Delete(container.Directory.Gate);
        gate.Write("1"u8);
    }
}

/// <summary>`delete`: removes what a stopped container has left, or with force ends it first.</summary>
public static class Delete
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void Run(string root, string id, bool force)
    {
        ContainerDirectory directory = ContainerDirectory.Of(root, id);
        ContainerProcess container;
        try
        {
            container = ContainerProcess.Open(root, id);
        }
        catch (TareException e) when (e.Kind == ErrorKind.NotFound && force)
        {
            directory.Remove();
            return;
        }
        using (container)
        {
            if (container.Status is "running" or "paused" && !force)
                throw new TareException(ErrorKind.Conflict, $"cannot delete container {id} that is not stopped: {container.Status}");
            if (container.PidFd is { } pidfd)
            {
                _ = Process.TrySignal(pidfd, Process.SIGKILL);
                container.Cgroup.KillAll(Patience);
                _ = Poll.WaitReadable(pidfd, Patience);
            }
            container.Cgroup.Delete(Patience);
            directory.Remove();
        }
    }
}
