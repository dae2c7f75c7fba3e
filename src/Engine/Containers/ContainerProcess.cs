using System.Globalization;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>Finds a process again of which only the pid is left.</summary>
internal static class ContainerProcess
{
    /// <summary>The process, if it runs and is one of that container: a pid may be another's by now, a place in the container's cgroup may not.</summary>
    internal static FileDescriptor? TryOpen(int pid, string containerId)
    {
        if (pid <= 0 || Process.TryOpen(pid, out FileDescriptor pidFd) != Errno.None)
            return null;
        if (IsIn(pid, containerId) && Process.TrySignal(pidFd, 0) == Errno.None)
            return pidFd;
        pidFd.Dispose();
        return null;
    }

    private static bool IsIn(int pid, string containerId)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup")).Contains("/" + containerId, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has just ended.
            return false;
        }
    }
}
