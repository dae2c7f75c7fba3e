using Tare.Linux;

namespace Tare.Networking.Namespaces;

/// <summary>
/// The network namespace whose links, rules and ports a driver owns: the engine's own, or another one (a router namespace, a test). Work that depends
/// on the calling thread's namespace goes through <see cref="Run{T}"/>.
/// </summary>
public sealed class HostNamespace(FileDescriptor? netns = null)
{
    /// <summary>The namespace of this process.</summary>
    public static HostNamespace Own { get; } = new();

    /// <summary>Runs in the namespace: in place for the own one, on a short-lived thread for another.</summary>
    public T Run<T>(Func<T> action) => netns is null ? action() : NamespaceThread.Run(netns, Sched.CLONE_NEWNET, action);

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action action) => _ = Run(() =>
    {
        action();
        return 0;
    });
}
