using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Start;

/// <summary>Namespaces of other containers that a container joins. Owns the descriptors until the start is over.</summary>
internal sealed class NamespaceChoice : IDisposable
{
    private const string Prefix = "container:";
    private readonly Dictionary<string, FileDescriptor> _joined = new(StringComparer.Ordinal);

    /// <summary>Open namespace files by OCI type.</summary>
    internal IReadOnlyDictionary<string, FileDescriptor> Joined => _joined;

    /// <summary>pidfd of the process whose pid namespace is joined, not owned; null for one of its own or the host's.</summary>
    internal FileDescriptor? PidNamespaceOf { get; private set; }

    /// <summary>Types that are joined.</summary>
    internal HashSet<string> Types => [.. _joined.Keys];

    /// <summary>The container that a mode such as "container:x" names, or null.</summary>
    internal static string? Target(string mode) => mode.StartsWith(Prefix, StringComparison.Ordinal) ? mode[Prefix.Length..] : null;

    /// <summary>Opens what the modes name; Conflict when such a container does not run.</summary>
    internal static NamespaceChoice Open(ContainerStore store, HostConfig host)
    {
        NamespaceChoice choice = new();
        try
        {
            if (Target(host.NetworkMode) is { } network)
                choice._joined["network"] = OpenNamespace(store, network, "net");
            if (Target(host.IpcMode) is { } ipc)
            {
                CheckShares(store.Get(ipc).Record.HostConfig, ipc);
                choice._joined["ipc"] = OpenNamespace(store, ipc, "ipc");
            }
            if (Target(host.PidMode) is { } pid)
                choice.PidNamespaceOf = Running(store, pid).PidFd;
            return choice;
        }
        catch
        {
            choice.Dispose();
            throw;
        }
    }

    /// <summary>Adds a namespace that the engine has made; takes the descriptor over.</summary>
    internal void Add(string type, FileDescriptor descriptor) => _joined[type] = descriptor;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor descriptor in _joined.Values)
            descriptor.Dispose();
    }

    private static void CheckShares(HostConfig other, string reference)
    {
        if (other.IpcMode is not ("shareable" or "host") && Target(other.IpcMode) is null)
            throw TareException.Invalid($"container {reference}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)");
    }

    private static FileDescriptor OpenNamespace(ContainerStore store, string reference, string kind)
    {
        Container target = Running(store, reference);
        FileDescriptor descriptor = Fcntl.Open($"/proc/{target.State.ProcessId}/ns/{kind}", Fcntl.O_RDONLY);
        if (Process.TrySignal(target.PidFd!, 0) == Errno.None)
            return descriptor;
        descriptor.Dispose();
        throw NotRunning(reference);
    }

    private static Container Running(ContainerStore store, string reference)
    {
        Container target = store.Get(reference);
        return target.State.HasProcess && target.PidFd is not null ? target : throw NotRunning(reference);
    }

    private static TareException NotRunning(string reference) =>
        TareException.Conflict($"cannot join namespace of a non running container: container {reference} is not running");
}
