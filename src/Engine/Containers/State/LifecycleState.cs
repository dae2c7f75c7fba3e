using System.Text.Json.Serialization;

namespace Tare.Engine.Containers.State;

/// <summary>How a container's last run ended; times are nanoseconds since 1970, 0 for never.</summary>
/// <param name="Code">Exit code as a shell sees it: 128 plus the signal when one ended it.</param>
/// <param name="OutOfMemory">The kernel killed a process of the container for want of memory.</param>
/// <param name="Error">Why it could not be started, or empty.</param>
/// <param name="StartedAt">Begin of the run.</param>
/// <param name="EndedAt">End of the run.</param>
public sealed record ExitRecord(int Code, bool OutOfMemory, string Error, long StartedAt, long EndedAt)
{
    /// <summary>Of a container that never ran.</summary>
    public static ExitRecord None { get; } = new(0, false, "", 0, 0);
}

/// <summary>Where a container stands: a closed set, each member holding only what exists then. Changed by <see cref="Lifecycle.Transition"/> only.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Created), "created")]
[JsonDerivedType(typeof(Running), "running")]
[JsonDerivedType(typeof(Paused), "paused")]
[JsonDerivedType(typeof(Restarting), "restarting")]
[JsonDerivedType(typeof(Exited), "exited")]
[JsonDerivedType(typeof(Removing), "removing")]
[JsonDerivedType(typeof(Dead), "dead")]
public abstract record LifecycleState
{
    private LifecycleState() { }

    /// <summary>Docker's word for it.</summary>
    [JsonIgnore]
    public abstract string Status { get; }

    /// <summary>What is known of the last run that ended, or of a start that failed.</summary>
    [JsonIgnore]
    public virtual ExitRecord Last => ExitRecord.None;

    /// <summary>True while a process exists.</summary>
    [JsonIgnore]
    public bool HasProcess => this is Running or Paused;

    /// <summary>Pid of the first process on the host, or 0.</summary>
    [JsonIgnore]
    public int ProcessId => this switch { Running r => r.Pid, Paused p => p.Pid, _ => 0 };

    /// <summary>When the present run began, or the last one did; 0 for never.</summary>
    [JsonIgnore]
    public long StartedAt => this switch { Running r => r.Since, Paused p => p.Since, _ => Last.StartedAt };

    /// <summary>Made, never started; a failed start leaves its error here.</summary>
    public sealed record Created(ExitRecord Failure) : LifecycleState
    {
        /// <inheritdoc/>
        public override string Status => "created";

        /// <inheritdoc/>
        public override ExitRecord Last => Failure;
    }

    /// <summary>The first process exists.</summary>
    public sealed record Running(int Pid, long Since, ExitRecord Previous) : LifecycleState
    {
        /// <inheritdoc/>
        public override string Status => "running";

        /// <inheritdoc/>
        public override ExitRecord Last => Previous;
    }

    /// <summary>All processes are frozen.</summary>
    public sealed record Paused(int Pid, long Since, ExitRecord Previous) : LifecycleState
    {
        /// <inheritdoc/>
        public override string Status => "paused";

        /// <inheritdoc/>
        public override ExitRecord Last => Previous;
    }

    /// <summary>Ended, and the restart policy will start it again.</summary>
    public sealed record Restarting(ExitRecord Exit) : LifecycleState
    {
        /// <inheritdoc/>
        public override string Status => "restarting";

        /// <inheritdoc/>
        public override ExitRecord Last => Exit;
    }

    /// <summary>Ended.</summary>
    public sealed record Exited(ExitRecord Exit) : LifecycleState
    {
        /// <inheritdoc/>
        public override string Status => "exited";

        /// <inheritdoc/>
        public override ExitRecord Last => Exit;
    }

    /// <summary>Its parts are being deleted, its anonymous volumes too when asked for; after a crash the engine goes on with that.</summary>
    public sealed record Removing(ExitRecord Exit, bool Volumes = false) : LifecycleState
    {
        /// <inheritdoc/>
        public override string Status => "removing";

        /// <inheritdoc/>
        public override ExitRecord Last => Exit;
    }

    /// <summary>Removal failed half-way; only another removal is possible.</summary>
    public sealed record Dead(ExitRecord Exit) : LifecycleState
    {
        /// <inheritdoc/>
        public override string Status => "dead";

        /// <inheritdoc/>
        public override ExitRecord Last => Exit;
    }
}
