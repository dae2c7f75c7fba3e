using static Tare.Engine.Containers.State.LifecycleState;

namespace Tare.Engine.Containers.State;

/// <summary>What happens to a container.</summary>
public abstract record LifecycleEvent
{
    private LifecycleEvent() { }

    /// <summary>The first process runs.</summary>
    public sealed record Started(int Pid, long At) : LifecycleEvent;

    /// <summary>No process could be made.</summary>
    public sealed record StartFailed(int Code, string Error, long At) : LifecycleEvent;

    /// <summary>All processes are frozen.</summary>
    public sealed record Froze : LifecycleEvent;

    /// <summary>They go on.</summary>
    public sealed record Thawed : LifecycleEvent;

    /// <summary>The first process has ended and nothing will start it again.</summary>
    public sealed record Ended(ExitRecord Exit) : LifecycleEvent;

    /// <summary>The first process has ended and the restart policy will start it again.</summary>
    public sealed record EndedForNow(ExitRecord Exit) : LifecycleEvent;

    /// <summary>The restart was called off.</summary>
    public sealed record RestartCancelled : LifecycleEvent;

    /// <summary>Removal has begun.</summary>
    public sealed record RemovalBegan(bool Volumes = false) : LifecycleEvent;

    /// <summary>Removal did not get to its end.</summary>
    public sealed record RemovalFailed(string Error) : LifecycleEvent;
}

/// <summary>The one place where a container's state changes; pure.</summary>
public static class Lifecycle
{
    //                StartFailed ┌──┐
    //                            ▼  │          Froze
    //   ── create ──▶  Created ──┴──┼─ Started ─▶ Running ◀─────▶ Paused
    //                     │         │             ▲  │   Thawed     │
    //                     │      Started          │  └──────┬───────┘
    //                     │         │             │         │ Ended / EndedForNow
    //                     │         │          Started      ├───────────────▶ Restarting ─┐
    //                     │      Exited ◀─────────┼─────────┘                    │        │ StartFailed,
    //                     │         │  ▲          └──────────────────────────────┘        │ RestartCancelled
    //                     │         │  └──────────────────────────────────────────────────┘
    //                     ▼         ▼
    //                  Removing ──────▶ (gone)          Removing ── RemovalFailed ──▶ Dead ── RemovalBegan ──▶ Removing

    /// <summary>The state after an event, or null when the event cannot happen in that state.</summary>
    public static LifecycleState? Transition(LifecycleState state, LifecycleEvent happened) => (state, happened) switch
    {
        (Created or Exited or Restarting, LifecycleEvent.Started e) => new Running(e.Pid, e.At, state.Last),
        (Created, LifecycleEvent.StartFailed e) => new Created(new ExitRecord(e.Code, false, e.Error, 0, 0)),
        (Exited or Restarting, LifecycleEvent.StartFailed e) => new Exited(state.Last with { Code = e.Code, Error = e.Error, EndedAt = e.At }),
        (Running r, LifecycleEvent.Froze) => new Paused(r.Pid, r.Since, r.Previous),
        (Paused p, LifecycleEvent.Thawed) => new Running(p.Pid, p.Since, p.Previous),
        (Running or Paused, LifecycleEvent.Ended e) => new Exited(e.Exit),
        (Running or Paused, LifecycleEvent.EndedForNow e) => new Restarting(e.Exit),
        (Restarting r, LifecycleEvent.RestartCancelled) => new Exited(r.Exit),
        (Created or Exited or Restarting or Dead or Removing, LifecycleEvent.RemovalBegan e) => new Removing(state.Last, e.Volumes),
        (Removing r, LifecycleEvent.RemovalFailed e) => new Dead(r.Exit with { Error = e.Error }),
        _ => null,
    };
}
