using System.Globalization;
using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Start;

/// <summary>The /dev/shm of a running container, for one that joins its IPC namespace.</summary>
internal static class SharedMemory
{
    private const string Place = "/dev/shm";

    /// <summary>A copy of the mount; null when the other has the host's.</summary>
    internal static FileDescriptor? OpenOf(Container container)
    {
        if (container.Record.HostConfig.IpcMode == "host")
            return null;
        using FileDescriptor mounts = Fcntl.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{container.State.ProcessId}/ns/mnt"), Fcntl.O_RDONLY);
        if (container.PidFd is not { } pidFd || Process.TrySignal(pidFd, 0) != Errno.None)
            throw TareException.Conflict($"container {container.Id} has just ended");
        // Mounts can be copied from within their own namespace only.
        return NamespaceThread.Run(mounts, Sched.CLONE_NEWNS, () => Mount.CloneTree(Place, recursive: false));
    }
}
