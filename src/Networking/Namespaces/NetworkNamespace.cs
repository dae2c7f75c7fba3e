using Tare.Errors;
using Tare.Linux;
using Tare.Netlink;
using Tare.Netlink.Route;

namespace Tare.Networking.Namespaces;

/// <summary>
/// One network namespace, held by a descriptor and, when it has a path, pinned there by a bind mount that outlives the engine. Its rtnetlink socket
/// is opened once, inside. Thread-safe.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private readonly Lock _lock = new();
    private RouteSocket? _route;

    private NetworkNamespace(FileDescriptor descriptor, RouteSocket? route)
    {
        Descriptor = descriptor;
        _route = route;
    }

    /// <summary>The nsfs descriptor, to join or to pass on; valid until disposed.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Where it is pinned, or null while it lives by this descriptor only.</summary>
    public string? Path { get; private set; }

    /// <summary>rtnetlink inside the namespace.</summary>
    public RouteSocket Route
    {
        get
        {
            lock (_lock)
                return _route ??= NamespaceThread.Run(Descriptor, Sched.CLONE_NEWNET, RouteSocket.Open);
        }
    }

    /// <summary>
    /// Makes a namespace with its loopback up. The calling thread is inside the new namespace afterwards, so this is for dedicated threads only.
    /// </summary>
    internal static NetworkNamespace CreateOnThisThread()
    {
        Errno errno = Sched.TryUnshare(Sched.CLONE_NEWNET);
        if (errno != Errno.None)
            throw new TareException(ErrorKind.Internal, $"create network namespace: {errno.Describe()}");
        return Prepare(Fcntl.Open("/proc/thread-self/ns/net", Fcntl.O_RDONLY));
    }

    /// <summary>Takes a namespace over that somebody else has made, one that belongs to a user namespace for example.</summary>
    public static NetworkNamespace Adopt(FileDescriptor descriptor) => NamespaceThread.Run(descriptor, Sched.CLONE_NEWNET, () => Prepare(descriptor));

    /// <summary>What every namespace has. The calling thread is inside.</summary>
    private static NetworkNamespace Prepare(FileDescriptor descriptor)
    {
        RouteSocket route = RouteSocket.Open();
        route.Send(new MessageBuilder().SetUp(1), "bring lo up");
        // Addresses are given, never learned from whoever speaks on the bridge nor checked for duplicates. Set here, off the way of a container's start.
        _ = Sysctl.TryWrite("ipv6/conf/default/accept_ra", "0");
        _ = Sysctl.TryWrite("ipv6/conf/default/accept_dad", "0");
        // What every container may do without capabilities: ping and low ports.
        _ = Sysctl.TryWrite("ipv4/ping_group_range", "0 2147483647");
        _ = Sysctl.TryWrite("ipv4/ip_unprivileged_port_start", "0");
        return new NetworkNamespace(descriptor, route);
    }

    /// <summary>Makes a namespace on a thread of its own.</summary>
    public static NetworkNamespace Create()
    {
        using FileDescriptor here = Fcntl.Open("/proc/thread-self/ns/net", Fcntl.O_RDONLY);
        return NamespaceThread.Run(here, Sched.CLONE_NEWNET, CreateOnThisThread);
    }

    /// <summary>Opens a pinned namespace, or any nsfs file such as /proc/PID/ns/net.</summary>
    public static NetworkNamespace Open(string path)
    {
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, path, Fcntl.O_RDONLY, 0, out FileDescriptor descriptor);
        if (errno == Errno.ENOENT)
            throw TareException.NotFound($"network namespace {path} does not exist");
        return errno == Errno.None
            ? new NetworkNamespace(descriptor, null) { Path = path }
            : throw TareException.Internal($"open network namespace {path}: {errno.Describe()}");
    }

    /// <summary>Pins the namespace at a path, whose directory must exist, until <see cref="Remove"/>.</summary>
    public void Pin(string path)
    {
        Fcntl.Open(path, Fcntl.O_RDONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, 0x180 /* 0600 */).Dispose();
        Errno errno = Mount.TryMount($"/proc/self/fd/{Descriptor.Number}", path, null, Mount.MS_BIND);
        if (errno != Errno.None)
        {
            _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, path);
            throw TareException.Internal($"pin network namespace at {path}: {errno.Describe()}");
        }
        Path = path;
    }

    /// <summary>Runs code inside, on a thread of its own.</summary>
    public T Run<T>(Func<T> action) => NamespaceThread.Run(Descriptor, Sched.CLONE_NEWNET, action);

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action action) => NamespaceThread.Run(Descriptor, Sched.CLONE_NEWNET, action);

    /// <summary>Unpins a path; what is inside dies once nobody holds the namespace. A path that is not there is no error.</summary>
    public static void Remove(string path)
    {
        Errno errno;
        do
            errno = Mount.TryUnmount(path, Mount.MNT_DETACH | Mount.UMOUNT_NOFOLLOW);
        while (errno == Errno.None);
        errno = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, path);
        if (errno is not (Errno.None or Errno.ENOENT))
            throw TareException.Internal($"remove network namespace {path}: {errno.Describe()}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _route?.Dispose();
            _route = null;
        }
        Descriptor.Dispose();
    }
}
