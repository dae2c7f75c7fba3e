namespace Tare.Engine.Containers;

/// <summary>Where a container's files are on the host. Everything here is the engine's own; nothing in it is controlled by a container but "upper".</summary>
public sealed class ContainerPaths(string dataRoot, string execRoot)
{
    /// <summary>Directory of all containers, mode 0710.</summary>
    public string Root { get; } = Path.Combine(dataRoot, "containers");

    /// <summary>Where short-lived things are.</summary>
    public string ExecRoot { get; } = execRoot;

    /// <summary>The layer with mount points and empty files that lies on every image.</summary>
    public string InitLayer => Path.Combine(Root, "init-layer");

    /// <summary>An empty directory where roots are attached inside the containers' own mount namespaces.</summary>
    public string Anchor => Path.Combine(ExecRoot, "anchor");

    /// <summary>Another one, for mounts that criu is to find while it restores.</summary>
    public string MountsAnchor => Path.Combine(ExecRoot, "anchor-mounts");

    /// <summary>Where execs have their files.</summary>
    public string Execs => Path.Combine(ExecRoot, "execs");

    /// <summary>A container's directory.</summary>
    public string Of(string id) => Path.Combine(Root, id);

    /// <summary>The writable layer.</summary>
    public string Upper(string id) => Path.Combine(Root, id, "upper");

    /// <summary>overlayfs's work directory.</summary>
    public string Work(string id) => Path.Combine(Root, id, "work");

    /// <summary>The file that is /etc/hosts inside.</summary>
    public string Hosts(string id) => Path.Combine(Root, id, "hosts");

    /// <summary>The file that is /etc/hostname inside.</summary>
    public string Hostname(string id) => Path.Combine(Root, id, "hostname");

    /// <summary>The file that is /etc/resolv.conf inside.</summary>
    public string ResolvConf(string id) => Path.Combine(Root, id, "resolv.conf");

    /// <summary>A container's own checkpoints.</summary>
    public string Checkpoints(string id) => Path.Combine(Root, id, "checkpoints");

    /// <summary>What criu wrote while it saved or restored a container last.</summary>
    public string CheckpointLogs(string id) => Path.Combine(Root, id, "criu");

    /// <summary>Name of the log file in the container's directory.</summary>
    public static string LogName(string id) => $"{id}-json.log";

    /// <summary>How far the log has been forwarded by a log driver that sends it elsewhere.</summary>
    internal string LogPosition(string id) => Path.Combine(Root, id, "log-position");

    /// <summary>The current log file.</summary>
    public string Log(string id) => Path.Combine(Root, id, LogName(id));
}
