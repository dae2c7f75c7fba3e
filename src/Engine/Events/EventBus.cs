using System.Threading.Channels;

namespace Tare.Engine.Events;

/// <summary>
/// Takes events from all services and gives them to subscribers; keeps the last ones for those who ask about the past, and more of them on disk once it
/// has a history. Thread-safe; publishing never waits for a subscriber: one that does not keep up loses its oldest events.
/// </summary>
public sealed class EventBus(int remembered = 1024, int queued = 4096) : IDisposable
{
    private EventHistory? _history;
    private readonly Lock _lock = new();
    private readonly Queue<EngineEvent> _past = new();
    private readonly List<Channel<EngineEvent>> _subscribers = [];
    private long _last;

    /// <summary>Keeps events in a directory from now on and knows those of the engines before this one.</summary>
    public void KeepIn(string directory)
    {
        lock (_lock)
        {
            _history = new EventHistory(directory);
            _last = _history.ReadLastTime();
        }
    }

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
            _history?.Append(happened);
            foreach (Channel<EngineEvent> subscriber in _subscribers)
                _ = subscriber.Writer.TryWrite(happened);
        }
    }

    /// <summary>The remembered events from a time on, then, without a gap, those to come, until the subscription is disposed.</summary>
    /// <param name="sinceUnixNanoseconds">Null for only those to come.</param>
    public EventSubscription Subscribe(long? sinceUnixNanoseconds = null)
    {
        Channel<EngineEvent> channel;
        lock (_lock)
        {
            EngineEvent[] past = sinceUnixNanoseconds is { } from ? [.. Past(from)] : [];
            channel = Channel.CreateBounded<EngineEvent>(new BoundedChannelOptions(Math.Max(queued, remembered) + past.Length)
            {
                FullMode = BoundedChannelFullMode.DropOldest,
                SingleReader = true,
            });
            foreach (EngineEvent happened in past)
                _ = channel.Writer.TryWrite(happened);
            _subscribers.Add(channel);
        }
        return new EventSubscription(channel.Reader, () => Remove(channel));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _history?.Dispose();
            _history = null;
        }
    }

    /// <summary>From memory when it goes back so far, else from disk.</summary>
    private IEnumerable<EngineEvent> Past(long since)
    {
        bool remembers = _history is null || (_past.TryPeek(out EngineEvent? oldest) && oldest.UnixNanoseconds <= since);
        return (remembers ? _past : _history!.Read()).Where(happened => happened.UnixNanoseconds >= since);
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
