using System.Collections.Concurrent;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Networking.Namespaces;

/// <summary>
/// A few ready network namespaces, refilled by one background thread, so that a container's start does not wait for the kernel to make one. Those
/// not yet taken are held by descriptors only and vanish with the process. Thread-safe.
/// </summary>
public sealed class NamespacePool : IDisposable
{
    private readonly ConcurrentQueue<NetworkNamespace> _ready = new();
    private readonly SemaphoreSlim _wanted;
    private readonly Thread _maker;
    private volatile bool _stopping;

    /// <summary>Starts filling with <paramref name="size"/> namespaces.</summary>
    public NamespacePool(int size)
    {
        _wanted = new SemaphoreSlim(size);
        _maker = new Thread(Make, 256 * 1024) { IsBackground = true, Name = "netns-pool" };
        _maker.Start();
    }

    /// <summary>A namespace with lo up, from the pool or made on the spot.</summary>
    public NetworkNamespace Take()
    {
        if (!_ready.TryDequeue(out NetworkNamespace? netns))
            return NetworkNamespace.Create();
        _ = _wanted.Release();
        return netns;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        _ = _wanted.Release();
        _maker.Join();
        while (_ready.TryDequeue(out NetworkNamespace? netns))
            netns.Dispose();
        _wanted.Dispose();
    }

    private void Make()
    {
        using FileDescriptor home = Fcntl.Open("/proc/thread-self/ns/net", Fcntl.O_RDONLY);
        while (true)
        {
            _wanted.Wait();
            if (_stopping)
                return;
            try
            {
                _ready.Enqueue(NetworkNamespace.CreateOnThisThread());
            }
            catch (Exception error) when (error is TareException or SyscallException or Netlink.NetlinkException)
            {
                // The pool stays smaller by one; the next Take makes its own and reports what is wrong.
                continue;
            }
            finally
            {
                // Back home, or this thread would keep the namespace alive after its container.
                NamespaceThread.Join(home, Sched.CLONE_NEWNET);
            }
        }
    }
}
