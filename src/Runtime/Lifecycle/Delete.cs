using Tare.Cgroups.Systemd;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>`delete`: removes what a stopped container has left, or with force ends it first. Hooks that fail then are reported and change nothing.</summary>
public static class Delete
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void Run(string root, string id, bool force, Action<string> warn)
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
            if (!force && container.Status is var status and not ("stopped" or "created"))
                throw new TareException(ErrorKind.Conflict, $"cannot delete container {id} that is not stopped: {status}");
            Run(container, warn);
        }
    }

    /// <summary>Removes this one, whatever it is doing.</summary>
    public static void Run(ContainerProcess container, Action<string> warn)
    {
        End(container);
        if (container.State.Scope is { } scope)
            SystemdScope.Of(scope, container.State.Cgroup).Stop();
        container.TryCgroup?.Delete(Patience);
        ResourceControl.Of(container.State)?.Remove();
        SharedMounts.Remove(container.State.Rootfs, container.State.MountBelow);
        Oci.Runtime.HooksSpec? hooks = container.State.HasStopHooks ? container.Directory.LoadConfiguration().Hooks : null;
        container.Directory.Remove();
        RunHooks(hooks, container, warn);
    }

    private static void End(ContainerProcess container)
    {
        if (container.PidFd is { } pidfd)
            _ = Process.TrySignal(pidfd, Process.SIGKILL);
        // Without a pid namespace of its own, a container's processes outlive its first one.
        if (container.TryCgroup is { } cgroup && (container.PidFd is not null || (container.State.Namespaces & Sched.CLONE_NEWPID) == 0))
            cgroup.KillAll(Patience);
        if (container.PidFd is not null)
            _ = Poll.WaitReadable(container.PidFd, Patience);
    }

    /// <summary>Each hook is called, whatever became of the one before.</summary>
    private static void RunHooks(Oci.Runtime.HooksSpec? hooks, ContainerProcess container, Action<string> warn)
    {
        foreach (Oci.Runtime.HookSpec hook in hooks?.Poststop ?? [])
        {
            try
            {
                Hooks.Run("poststop", [hook], container.ReportToHook("stopped"));
            }
            catch (TareException e)
            {
                warn(TareException.Describe(e));
            }
        }
    }
}
