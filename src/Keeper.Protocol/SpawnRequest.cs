using Tare.Linux;

namespace Tare.Keeper.Protocol;

/// <summary>
/// Everything the keeper needs to start a process. The program is finished and addresses <see cref="Passed"/> as descriptors 5, 6, … in this order.
/// The descriptors stay the caller's; the keeper gets copies.
/// </summary>
public sealed class SpawnRequest
{
    /// <summary>The engine's name for the process, at most 128 bytes; refused with EEXIST while the keeper knows one of that name.</summary>
    public required string Key { get; init; }

    /// <summary>The sealed memory file with the syscall program.</summary>
    public required FileDescriptor Program { get; init; }

    /// <summary>CLONE_NEW… flags of the clone itself.</summary>
    public ulong Namespaces { get; init; }

    /// <summary>How standard streams are made.</summary>
    public StdioFlags Stdio { get; init; }

    /// <summary>First size of the terminal; zeros leave the kernel's default.</summary>
    public (ushort Rows, ushort Columns) WindowSize { get; init; }

    /// <summary>Descriptors for the program.</summary>
    public IReadOnlyList<FileDescriptor> Passed { get; init; } = [];

    /// <summary>Directory of a unified cgroup to be born into (CLONE_INTO_CGROUP), or null.</summary>
    public FileDescriptor? Cgroup { get; init; }

    /// <summary>pidfd of a process whose pid namespace the new one joins, or null.</summary>
    public FileDescriptor? PidNamespaceOf { get; init; }

    /// <summary>Where output is logged: an open directory and bounds; null logs nothing.</summary>
    public (FileDescriptor Directory, LogOptions Options)? Log { get; init; }
}

/// <summary>The result of a spawn.</summary>
/// <param name="Pid">Of the new process, or 0 when it failed.</param>
/// <param name="PidFd">Its descriptor, owned by the receiver; null when it failed.</param>
/// <param name="FailedOperation">Index of the program's operation that failed, -1 when the keeper itself failed.</param>
/// <param name="Errno">Why.</param>
public sealed record SpawnOutcome(int Pid, FileDescriptor? PidFd, int FailedOperation, Errno Errno)
{
    /// <summary>True when the program ended in its execve.</summary>
    public bool Started => PidFd is not null;
}
