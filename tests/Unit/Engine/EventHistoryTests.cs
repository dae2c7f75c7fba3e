using Tare.Engine.Events;

namespace Tare.Tests.Unit.Engine;

public sealed class EventHistoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-unit-").FullName;

    [Fact]
    public void The_next_engine_knows_the_events_of_the_one_before()
    {
        using (var before = new EventBus())
        {
            before.KeepIn(_directory);
            before.Publish("container", "die", "one", new Dictionary<string, string> { ["exitCode"] = "3" });
        }
        using var bus = new EventBus();
        bus.KeepIn(_directory);
        bus.Publish("container", "destroy", "one");
        using EventSubscription subscription = bus.Subscribe(0);

        List<EngineEvent> past = Drain(subscription);
        Assert.Equal(["die", "destroy"], past.Select(happened => happened.Action));
        Assert.Equal("3", past[0].Attributes["exitCode"]);
        Assert.True(past[0].UnixNanoseconds < past[1].UnixNanoseconds);
    }

    [Fact]
    public void Events_older_than_memory_come_from_disk_in_order_and_once()
    {
        using var bus = new EventBus(remembered: 10);
        bus.KeepIn(_directory);
        for (int i = 0; i < 100; i++)
            bus.Publish("volume", "create", $"{i}");
        using EventSubscription subscription = bus.Subscribe(0);
        bus.Publish("volume", "create", "100");

        Assert.Equal(Enumerable.Range(0, 101).Select(i => $"{i}"), Drain(subscription).Select(happened => happened.ActorId));
    }

    [Fact]
    public void The_history_is_bounded_and_a_torn_line_is_left_out()
    {
        using (var history = new EventHistory(_directory, maxBytes: 1000))
        {
            for (int i = 0; i < 100; i++)
                history.Append(new EngineEvent("volume", "create", $"{i}", new Dictionary<string, string>(), i));
        }
        Assert.True(Directory.GetFiles(_directory).Sum(file => new FileInfo(file).Length) < 3000);
        File.AppendAllText(Path.Combine(_directory, "events.jsonl"), "{\"Type\":\"vol");
        using var next = new EventHistory(_directory, maxBytes: 1000);
        string[] ids = [.. next.Read().Select(happened => happened.ActorId)];
        Assert.Equal("99", ids[^1]);
        Assert.True(ids.Length > 5);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static List<EngineEvent> Drain(EventSubscription subscription)
    {
        List<EngineEvent> all = [];
        while (subscription.Events.TryRead(out EngineEvent? happened))
            all.Add(happened);
        return all;
    }
}
