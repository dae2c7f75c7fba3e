using Tare.Engine.Containers.State;
using static Tare.Engine.Containers.State.LifecycleState;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class LifecycleTests
{
    private static readonly ExitRecord Exit = new(3, false, "", 1, 2);
    private static readonly Dictionary<string, LifecycleState> States = new()
    {
        ["created"] = new Created(ExitRecord.None),
        ["running"] = new Running(7, 1, ExitRecord.None),
        ["paused"] = new Paused(7, 1, ExitRecord.None),
        ["restarting"] = new Restarting(Exit),
        ["exited"] = new Exited(Exit),
        ["removing"] = new Removing(Exit),
        ["dead"] = new Dead(Exit),
    };

    private static readonly Dictionary<string, LifecycleEvent> Events = new()
    {
        ["started"] = new LifecycleEvent.Started(8, 5),
        ["start failed"] = new LifecycleEvent.StartFailed(127, "no such command", 5),
        ["froze"] = new LifecycleEvent.Froze(),
        ["thawed"] = new LifecycleEvent.Thawed(),
        ["ended"] = new LifecycleEvent.Ended(Exit),
        ["ended for now"] = new LifecycleEvent.EndedForNow(Exit),
        ["restart cancelled"] = new LifecycleEvent.RestartCancelled(),
        ["removal began"] = new LifecycleEvent.RemovalBegan(),
        ["removal failed"] = new LifecycleEvent.RemovalFailed("busy"),
    };

    [Fact]
    public void Every_event_leads_where_the_table_says_and_nowhere_else()
    {
        Dictionary<(string, string), string> table = new()
        {
            [("created", "started")] = "running",
            [("created", "start failed")] = "created",
            [("created", "removal began")] = "removing",
            [("running", "froze")] = "paused",
            [("running", "ended")] = "exited",
            [("running", "ended for now")] = "restarting",
            [("paused", "thawed")] = "running",
            [("paused", "ended")] = "exited",
            [("paused", "ended for now")] = "restarting",
            [("restarting", "started")] = "running",
            [("restarting", "start failed")] = "exited",
            [("restarting", "restart cancelled")] = "exited",
            [("restarting", "removal began")] = "removing",
            [("exited", "started")] = "running",
            [("exited", "start failed")] = "exited",
            [("exited", "removal began")] = "removing",
            [("removing", "removal began")] = "removing",
            [("removing", "removal failed")] = "dead",
            [("dead", "removal began")] = "removing",
        };
        foreach ((string from, LifecycleState state) in States)
        {
            foreach ((string name, LifecycleEvent happened) in Events)
                Assert.Equal((from, name, table.GetValueOrDefault((from, name))), (from, name, Lifecycle.Transition(state, happened)?.Status));
        }
    }

    [Fact]
    public void A_failed_first_start_keeps_its_code_and_a_run_keeps_the_exit_before_it()
    {
        LifecycleState failed = Lifecycle.Transition(States["created"], Events["start failed"])!;
        Assert.Equal((127, "no such command"), (failed.Last.Code, failed.Last.Error));
        LifecycleState running = Lifecycle.Transition(States["exited"], Events["started"])!;
        Assert.Equal((8, 5L, 3), (running.ProcessId, running.StartedAt, running.Last.Code));
    }

    [Fact]
    public void Stored_states_come_back_as_they_were()
    {
        foreach (LifecycleState state in States.Values)
        {
            string json = System.Text.Json.JsonSerializer.Serialize(new StoredState { State = state });
            Assert.Equal(state, System.Text.Json.JsonSerializer.Deserialize<StoredState>(json)!.State);
        }
    }

    private sealed class StoredState
    {
        public LifecycleState? State { get; set; }
    }
}
