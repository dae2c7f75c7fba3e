using System.Runtime.ExceptionServices;

namespace Tare.Linux;

/// <summary>Runs code inside a namespace on a thread of its own, which ends afterwards and so never leaks the namespace into the pool.</summary>
public static class NamespaceThread
{
    /// <summary>
    /// Runs <paramref name="action"/> in the namespace behind a descriptor, of the kind that a CLONE_NEW… flag names, and returns its result; exceptions come
    /// back as they were.
    /// </summary>
    public static T Run<T>(FileDescriptor target, ulong kind, Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Join(target, kind);
                result = action();
            }
            catch (Exception error)
            {
                // Everything goes to the caller, who waits below.
                failure = ExceptionDispatchInfo.Capture(error);
            }
        }, 256 * 1024)
        { IsBackground = true, Name = "namespace" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <inheritdoc cref="Run{T}"/>
    public static void Run(FileDescriptor target, ulong kind, Action action) => _ = Run(target, kind, () =>
    {
        action();
        return 0;
    });

    /// <summary>Moves the calling thread; only for threads that end or move back.</summary>
    public static void Join(FileDescriptor target, ulong kind)
    {
        // A thread that shares its root and working directory with others may not change its mount namespace (setns(2)).
        Errno errno = kind == Sched.CLONE_NEWNS ? Sched.TryUnshare(Sched.CLONE_FS) : Errno.None;
        errno = errno == Errno.None ? Sched.TryJoin(target, kind) : errno;
        if (errno != Errno.None)
            throw new SyscallException("setns", errno, kind switch
            {
                Sched.CLONE_NEWNS => "mount namespace",
                Sched.CLONE_NEWNET => "network namespace",
                _ => $"namespace of kind 0x{kind:x}",
            });
    }
}
