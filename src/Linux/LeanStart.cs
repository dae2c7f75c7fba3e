using System.Runtime;
using System.Runtime.CompilerServices;

namespace Tare.Linux;

/// <summary>
/// What .NET's native runtime does before Main and a program of milliseconds has no use for; the linker puts these in its place (`--wrap` in tare-runtime's project
/// file). They run before the runtime does: no allocation, no statics, no exceptions.
/// </summary>
internal static unsafe class LeanStart
{
    private const int AT_EXECFN = 31;
    private const int RLIMIT_STACK = 3;
    private const nuint Page = 4096;

    /// <summary>
    /// fopen(3) of the runtime's start: /proc/self/mountinfo twice, the caller's cgroup, its limits and /proc/meminfo, to size a heap whose size is given. On
    /// a host with a mount for each of its containers that grows with their number. Nothing can be opened, and the runtime goes on with what is given.
    /// </summary>
    [RuntimeExport("__wrap_fopen64")]
    internal static nint OpenNothing(nint path, nint mode) => 0;

    /// <summary>The finalizers' thread is not started: the program ends before there is anything to finalize, and stays a process of one thread.</summary>
    [RuntimeExport("__wrap__Z23PalStartFinalizerThreadPFjPvES_")]
    internal static bool StartNoFinalizer(nint function, nint argument) => true;

    /// <summary>
    /// pthread_getattr_np(3), asked where the stack is, without /proc/self/maps: the program's name, which the kernel puts above everything else there
    /// (getauxval(3)), ends its last page, and its limit says how far down it may grow (setrlimit(2)). Threads that this process makes know their own.
    /// </summary>
    [RuntimeExport("__wrap_pthread_getattr_np")]
    internal static int StackOf(nint thread, nint attributes)
    {
        ulong* limit = stackalloc ulong[2];
        nuint name = getauxval(AT_EXECFN), here = (nuint)limit;
        if (getrlimit(RLIMIT_STACK, limit) != 0 || here > name || name - here > limit[0] || limit[0] > 1UL << 30)
            return pthread_getattr_np(thread, attributes);
        _ = pthread_attr_init(attributes);
        nuint end = (name + Page) & ~(Page - 1), size = (nuint)limit[0] & ~(Page - 1);
        return pthread_attr_setstack(attributes, end - size, size);
    }

    [RuntimeImport("*", "getauxval")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern nuint getauxval(nuint kind);

    [RuntimeImport("*", "getrlimit64")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int getrlimit(int resource, ulong* limit);

    [RuntimeImport("*", "__real_pthread_getattr_np")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int pthread_getattr_np(nint thread, nint attributes);

    [RuntimeImport("*", "pthread_attr_init")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int pthread_attr_init(nint attributes);

    [RuntimeImport("*", "pthread_attr_setstack")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern int pthread_attr_setstack(nint attributes, nuint address, nuint size);
}
