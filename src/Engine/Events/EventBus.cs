using System.Threading.Channels;

namespace Tare.Engine.Events;

/// <summary>
/// Takes events from all services and gives them to subscribers; keeps the last ones for those who ask about the past. Thread-safe; publishing
/// never waits: a subscriber that does not keep up loses its oldest events.
/// </summary>
public sealed class EventBus(int remembered = 1024, int queued = 4096)
{
    private readonly Lock _lock = new();
    private readonly Queue<EngineEvent> _past = new();
    private readonly List<Channel<EngineEvent>> _subscribers = [];
    private long _last;

    /// <summary>How many listen now.</summary>
    public int SubscriberCount
    {
        get
        {
            lock (_lock)
                return _subscribers.Count;
        }
    }

    /// <summary>Tells everybody.</summary>
    public void Publish(string type, string action, string actorId, IReadOnlyDictionary<string, string>? attributes = null)
    {
        lock (_lock)
        {
            _last = Math.Max(_last + 1, (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100);
            var happened = new EngineEvent(type, action, actorId, attributes ?? new Dictionary<string, string>(), _last);
            if (_past.Count == remembered)
                _ = _past.Dequeue();
            _past.Enqueue(happened);
            foreach (Channel<EngineEvent> subscriber in _subscribers)
                _ = subscriber.Writer.TryWrite(happened);
        }
    }

    /// <summary>The remembered events from a time on, then, without a gap, those to come, until the subscription is disposed.</summary>
    /// <param name="sinceUnixNanoseconds">Null for only those to come.</param>
    public EventSubscription Subscribe(long? sinceUnixNanoseconds = null)
    {
        var channel = Channel.CreateBounded<EngineEvent>(new BoundedChannelOptions(Math.Max(queued, remembered))
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true,
        });
        lock (_lock)
        {
            if (sinceUnixNanoseconds is { } since)
            {
                foreach (EngineEvent happened in _past.Where(happened => happened.UnixNanoseconds >= since))
                    _ = channel.Writer.TryWrite(happened);
            }
            _subscribers.Add(channel);
        }
        return new EventSubscription(channel.Reader, () => Remove(channel));
    }

    private void Remove(Channel<EngineEvent> channel)
    {
        lock (_lock)
            _ = _subscribers.Remove(channel);
        _ = channel.Writer.TryComplete();
    }
}

/// <summary>One listener's queue of events; dispose it to stop listening.</summary>
public sealed class EventSubscription(ChannelReader<EngineEvent> events, Action unsubscribe) : IDisposable
{
    /// <summary>The queue.</summary>
    public ChannelReader<EngineEvent> Events => events;

    /// <inheritdoc/>
    public void Dispose() => unsubscribe();
}
