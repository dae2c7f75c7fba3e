using System.Globalization;
using System.Runtime.ExceptionServices;
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
        return OpenIn(mounts);
    }

    /// <summary>Mounts can be copied from within their own namespace only; the thread that has entered it ends afterwards.</summary>
    private static FileDescriptor OpenIn(FileDescriptor mounts)
    {
        FileDescriptor? tree = null;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Errno errno = Sched.TryUnshare(Sched.CLONE_FS);
                errno = errno == Errno.None ? Sched.TryJoin(mounts, Sched.CLONE_NEWNS) : errno;
                if (errno != Errno.None)
                    throw TareException.Internal($"join the mount namespace: {errno.Describe()}");
                tree = Mount.CloneTree(Place, recursive: false);
            }
            catch (Exception error)
            {
                // Everything goes to the caller, who waits below.
                failure = ExceptionDispatchInfo.Capture(error);
            }
        }, 256 * 1024)
        { IsBackground = true, Name = "mntns" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return tree!;
    }
}
