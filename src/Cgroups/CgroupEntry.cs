using Tare.Linux;

namespace Tare.Cgroups;

/// <summary>
/// The open doors of a container's cgroup, for whoever starts a process in it. Pass <see cref="CloneInto"/> to clone3 with CLONE_INTO_CGROUP, then
/// the new process writes "0" to each of <see cref="TaskFiles"/> before anything else. Disposing closes them.
/// </summary>
public sealed class CgroupEntry : IDisposable
{
    internal CgroupEntry(FileDescriptor? cloneInto, IReadOnlyList<FileDescriptor> taskFiles)
    {
        CloneInto = cloneInto;
        TaskFiles = taskFiles;
    }

    /// <summary>The v2 group's directory; null in the legacy shape.</summary>
    public FileDescriptor? CloneInto { get; }

    /// <summary>
    /// The "tasks" files (write-only) of the v1 groups. A thread that moves itself through "tasks" needs no lock over all processes of the machine,
    /// unlike "cgroup.procs", whose writer may wait for an RCU grace period (several milliseconds before kernel 6.18). The writer must be the thread
    /// that later calls execve; other threads of it, if any, end there.
    /// </summary>
    public IReadOnlyList<FileDescriptor> TaskFiles { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloneInto?.Dispose();
        foreach (FileDescriptor file in TaskFiles)
            file.Dispose();
    }
}
