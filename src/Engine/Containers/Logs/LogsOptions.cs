namespace Tare.Engine.Containers.Logs;

/// <summary>Which part of a container's log, and in what form. Times are nanoseconds since 1970.</summary>
public sealed record LogsOptions
{
    /// <summary>Goes on with new lines as long as the container runs.</summary>
    public bool Follow { get; init; }

    /// <summary>Standard output.</summary>
    public bool Stdout { get; init; }

    /// <summary>Standard error.</summary>
    public bool Stderr { get; init; }

    /// <summary>Without stream frames, whatever the container has.</summary>
    public bool Raw { get; init; }

    /// <summary>Only lines from this time on.</summary>
    public long? Since { get; init; }

    /// <summary>Only lines up to this time.</summary>
    public long? Until { get; init; }

    /// <summary>Each line begins with its time.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Each line begins with the labels and variables that the log options choose.</summary>
    public bool Details { get; init; }

    /// <summary>Only so many of the last lines; null is all.</summary>
    public int? Tail { get; init; }
}
