using Tare.Engine.Events;
using Tare.EngineApi.Filters;

namespace Tare.Tests.Unit.Engine;

public sealed class EventBusTests
{
    [Fact]
    public void A_subscriber_who_asks_for_the_past_gets_it_and_then_the_present_in_order()
    {
        var bus = new EventBus();
        bus.Publish("container", "create", "one");
        bus.Publish("container", "start", "one");
        using EventSubscription subscription = bus.Subscribe(0);
        bus.Publish("container", "die", "one");

        Assert.Equal(["create", "start", "die"], Drain(subscription).Select(happened => happened.Action));
    }

    [Fact]
    public void Only_a_bounded_past_is_remembered_and_times_grow_strictly()
    {
        var bus = new EventBus(remembered: 3);
        for (int i = 0; i < 10; i++)
            bus.Publish("volume", "create", $"{i}");
        using EventSubscription subscription = bus.Subscribe(0);

        List<EngineEvent> past = Drain(subscription);
        Assert.Equal(["7", "8", "9"], past.Select(happened => happened.ActorId));
        Assert.True(past[0].UnixNanoseconds < past[1].UnixNanoseconds && past[1].UnixNanoseconds < past[2].UnixNanoseconds);
    }

    [Fact]
    public void A_subscriber_that_does_not_read_loses_its_oldest_events_and_nobody_waits()
    {
        var bus = new EventBus(remembered: 1, queued: 2);
        using EventSubscription subscription = bus.Subscribe();
        for (int i = 0; i < 5; i++)
            bus.Publish("volume", "create", $"{i}");

        Assert.Equal(["3", "4"], Drain(subscription).Select(happened => happened.ActorId));
    }

    [Fact]
    public void A_disposed_subscription_ends_its_reader()
    {
        var bus = new EventBus();
        EventSubscription subscription = bus.Subscribe();
        Assert.Equal(1, bus.SubscriberCount);
        subscription.Dispose();
        Assert.Equal(0, bus.SubscriberCount);
        Assert.True(subscription.Events.Completion.IsCompleted);
    }

    [Theory]
    [InlineData("{\"type\":[\"container\"]}", true)]
    [InlineData("{\"type\":[\"image\"]}", false)]
    [InlineData("{\"event\":[\"exec_start\"]}", true)]
    [InlineData("{\"event\":[\"die\",\"exec_start\"]}", true)]
    [InlineData("{\"container\":[\"web\"]}", true)]
    [InlineData("{\"container\":[\"0123\"]}", true)]
    [InlineData("{\"container\":[\"db\"]}", false)]
    [InlineData("{\"image\":[\"nginx\"]}", true)]
    [InlineData("{\"image\":[\"nginx:1\"]}", true)]
    [InlineData("{\"image\":[\"httpd\"]}", false)]
    [InlineData("{\"label\":[\"tier=front\"]}", true)]
    [InlineData("{\"label\":[\"tier=back\"]}", false)]
    [InlineData("{\"network\":[\"bridge\"]}", false)]
    public void Filters_pass_what_any_value_of_every_key_allows(string json, bool passes)
    {
        Assert.True(FilterSet.TryParse(json, out FilterSet filters));
        var attributes = new Dictionary<string, string> { ["name"] = "web", ["image"] = "nginx:1", ["tier"] = "front" };
        Assert.Equal(passes, new EventFilter(filters).Matches(new EngineEvent("container", "exec_start: sh", "0123456789ab", attributes, 1)));
    }

    private static List<EngineEvent> Drain(EventSubscription subscription)
    {
        List<EngineEvent> events = [];
        while (subscription.Events.TryRead(out EngineEvent? happened))
            events.Add(happened);
        return events;
    }
}
