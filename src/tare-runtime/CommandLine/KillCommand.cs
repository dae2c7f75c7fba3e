using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`kill`: a signal for the container's first process, or for all.</summary>
internal static class KillCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, [], ["--all|-a"], positionalLimit: 2);
        int signal = arguments.Plain.Count < 2 ? Process.SIGTERM : arguments.Plain[1] == "0" ? 0 : SignalName.Parse(arguments.Plain[1]);
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        bool sharesPids = (container.State.Namespaces & Sched.CLONE_NEWPID) == 0;
        if (arguments.Has("--all"))
            All(container.Cgroup, signal);
        else if (signal == Process.SIGKILL && sharesPids && container.TryCgroup is { } cgroup && (container.PidFd is not null || cgroup.ReadProcesses().Count > 0))
            cgroup.KillAll(Patience); // no kernel ends them together with their first process
        else
            Signal(container, signal);
        return 0;
    }

    private static void Signal(ContainerProcess container, int signal)
    {
        container.Signal(signal);
        // In a frozen v1 group a process does not even die.
        if (signal == Process.SIGKILL && container.TryCgroup is { IsFrozen: true } cgroup)
            cgroup.Thaw(Patience);
    }

    private static void All(ContainerCgroup cgroup, int signal)
    {
        if (signal == Process.SIGKILL)
        {
            cgroup.KillAll(Patience);
            return;
        }
        foreach (int pid in cgroup.ReadProcesses())
            if (Process.TryKill(pid, signal) is var errno and not (Errno.None or Errno.ESRCH))
                throw new SyscallException("kill", errno, $"process {pid}");
    }
}
