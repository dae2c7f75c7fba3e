using Tare.Linux;

namespace Tare.Keeper.Protocol;

/// <summary>A running process of a keeper that has died, for the next one. The descriptors stay the caller's.</summary>
public sealed class AdoptRequest
{
    /// <summary>The engine's name for the process.</summary>
    public required string Key { get; init; }

    /// <summary>Its pid.</summary>
    public required int Pid { get; init; }

    /// <summary>Its pidfd; the process may have ended, what it said last is in its pipes.</summary>
    public required FileDescriptor PidFd { get; init; }

    /// <summary>True when the caller is its parent and calls <see cref="KeeperClient.ReportAsync"/>.</summary>
    public bool ParentReports { get; init; }

    /// <summary>Where output is logged; null logs nothing.</summary>
    public (FileDescriptor Directory, LogOptions Options)? Log { get; init; }
}
