using System.Runtime.ExceptionServices;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Networking.Namespaces;

/// <summary>Runs code inside a network namespace on a thread of its own, which ends afterwards and so never leaks the namespace into the pool.</summary>
public static class NamespaceThread
{
    /// <summary>Runs <paramref name="action"/> in the namespace behind a descriptor and returns its result; exceptions come back as they were.</summary>
    public static T Run<T>(FileDescriptor netns, Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Join(netns);
                result = action();
            }
            catch (Exception error)
            {
                // Everything goes to the caller, who waits below.
                failure = ExceptionDispatchInfo.Capture(error);
            }
        }, 256 * 1024)
        { IsBackground = true, Name = "netns" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <inheritdoc cref="Run{T}"/>
    public static void Run(FileDescriptor netns, Action action) => _ = Run(netns, () =>
    {
        action();
        return 0;
    });

    /// <summary>Moves the calling thread; only for threads that end or move back.</summary>
    internal static void Join(FileDescriptor netns)
    {
        Errno errno = Sched.TryJoin(netns, Sched.CLONE_NEWNET);
        if (errno != Errno.None)
            throw new TareException(ErrorKind.Internal, $"join network namespace: {errno.Describe()}");
    }
}
