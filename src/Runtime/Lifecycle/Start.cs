using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>`start`: hooks inside the container, then its gate opens, then hooks outside.</summary>
public static class Start
{
    public static void Run(string root, string id)
    {
        using ContainerProcess container = ContainerProcess.Open(root, id);
        if (container.Status is var status and not "created")
            throw new TareException(ErrorKind.Conflict, status == "stopped"
                ? "cannot start a container that has stopped" : "cannot start an already running container");
        Run(container);
    }

    /// <summary>Starts one that is known to wait.</summary>
    public static void Run(ContainerProcess container)
    {
        // Most containers have no hooks, and reading their whole configuration again would cost a third of this call.
        RuntimeSpec? spec = container.State.HasStartHooks ? container.Directory.LoadConfiguration() : null;
        HooksSpec? hooks = spec?.Hooks;
        if (hooks?.StartContainer is { Count: > 0 } && spec!.Process is { } process && !container.State.Rootless)
        {
            using FileDescriptor root = Fcntl.Open(container.State.Rootfs, Fcntl.O_PATH | Fcntl.O_DIRECTORY);
            HomeDirectory.Complete(process, root); // such hooks have the environment that the process will have
        }
        try
        {
            int inside = hooks?.StartContainer is { Count: > 0 } ? NamespaceFile.PidInside(container.State.Pid) : 0;
            Hooks.Run("startContainer", hooks?.StartContainer, container.ReportToHook("created") with { Pid = inside }, (container.Running(), container.State.Namespaces), spec);
            Open(container.Directory);
            Hooks.Run("poststart", hooks?.Poststart, container.ReportToHook("running"));
        }
        catch when (hooks is not null)
        {
            _ = Process.TrySignal(container.Running(), Process.SIGKILL);
            throw;
        }
    }

    private static void Open(ContainerDirectory directory)
    {
        using FileDescriptor gate = Fcntl.Open(directory.Gate, Fcntl.O_WRONLY | Fcntl.O_NONBLOCK);
        _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, directory.Gate);
        gate.Write("1"u8);
    }
}
