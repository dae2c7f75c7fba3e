using Tare.Linux;

namespace Tare.Runtime.Checkpoint;

/// <summary>What `checkpoint` and `restore` hand on to criu(8), which explains each.</summary>
public sealed record CheckpointOptions
{
    /// <summary>Where the images are.</summary>
    public required string ImagePath { get; init; }

    /// <summary>Where criu works and writes its log; null: with the images.</summary>
    public string? WorkPath { get; init; }

    /// <summary>Images of an earlier pre-dump, relative to <see cref="ImagePath"/>.</summary>
    public string? ParentPath { get; init; }

    public bool LeaveRunning { get; init; }
    public bool PreDump { get; init; }
    public bool TcpEstablished { get; init; }
    public bool TcpSkipInFlight { get; init; }
    public bool LinkRemap { get; init; }
    public bool ExternalUnixSockets { get; init; }
    public bool ShellJob { get; init; }
    public bool FileLocks { get; init; }
    public bool AutoDedup { get; init; }

    /// <summary>What is in the container's own network namespace is left to others, before and after (--empty-ns network).</summary>
    public bool EmptyNetwork { get; init; }
    public bool LazyPages { get; init; }

    /// <summary>Told by one zero byte that pages can be asked for (--lazy-pages).</summary>
    public FileDescriptor? Status { get; init; }

    public (string Address, int Port)? PageServer { get; init; }
    public string ManageCgroupsMode { get; init; } = "";
    public string? LsmProfile { get; init; }
    public string? LsmMountContext { get; init; }

    /// <summary>criu_cg_mode of its rpc.proto.</summary>
    internal int CgroupMode => ManageCgroupsMode switch
    {
        "" => 6,
        "ignore" => 0,
        "soft" => 3,
        "full" => 4,
        "strict" => 5,
        _ => throw Errors.TareException.Invalid($"--manage-cgroups-mode \"{ManageCgroupsMode}\": use soft, full, strict or ignore"),
    };
}
