using Tare.Linux;

namespace Tare.Keeper;

/// <summary>A child whose place another one has taken: reaped when it ends. Owns the pidfd.</summary>
internal sealed class Predecessor : IWaiter
{
    private readonly EventLoop _loop;
    private readonly FileDescriptor _pidfd;
    private readonly Action _reaped;
    private readonly ulong _token;

    public Predecessor(EventLoop loop, FileDescriptor pidfd, Action reaped)
    {
        (_loop, _pidfd, _reaped) = (loop, pidfd, reaped);
        _token = loop.Watch(pidfd, Epoll.EPOLLIN, this);
    }

    /// <inheritdoc/>
    public void Ready(uint events)
    {
        if (Process.TryReap(_pidfd, wait: false, out _) == Errno.EAGAIN)
            return;
        _loop.Forget(_pidfd, _token);
        _pidfd.Dispose();
        _reaped();
    }
}
