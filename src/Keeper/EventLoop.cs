using Tare.Linux;

namespace Tare.Keeper;

/// <summary>Something that waits for a descriptor. Called on the loop's thread.</summary>
internal interface IWaiter
{
    void Ready(uint events);
}

/// <summary>The keeper's only thread: waits for descriptors and calls who waits for them. Everything in the keeper runs on it, so nothing locks.</summary>
internal sealed class EventLoop : IDisposable
{
    private readonly Epoll _epoll = new(128);
    private readonly Dictionary<ulong, IWaiter> _waiters = [];
    private ulong _lastToken;

    /// <summary>Set to leave <see cref="Run"/>.</summary>
    public bool Stopped { get; set; }

    /// <summary>Begins to watch a descriptor; the token ends it.</summary>
    public ulong Watch(FileDescriptor fd, uint events, IWaiter waiter)
    {
        ulong token = ++_lastToken;
        _waiters[token] = waiter;
        _epoll.Add(fd, events, token);
        return token;
    }

    /// <summary>Changes the events watched for.</summary>
    public void Change(FileDescriptor fd, uint events, ulong token) => _epoll.Modify(fd, events, token);

    /// <summary>Stops watching; events of the current round that are still to come are dropped.</summary>
    public void Forget(FileDescriptor fd, ulong token)
    {
        if (_waiters.Remove(token))
            _epoll.Remove(fd);
    }

    /// <summary>Serves until <see cref="Stopped"/>; <paramref name="idle"/> is called after each quiet period.</summary>
    public void Run(int quietMilliseconds, Action idle)
    {
        while (!Stopped)
        {
            int count = _epoll.Wait(quietMilliseconds);
            if (count == 0)
                idle();
            for (int i = 0; i < count; i++)
            {
                (uint events, ulong token) = _epoll.Entry(i);
                if (_waiters.TryGetValue(token, out IWaiter? waiter))
                    waiter.Ready(events);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _epoll.Dispose();
}
