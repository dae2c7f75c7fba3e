using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>The kernel's struct clone_args (88 bytes, linux/sched.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CloneArguments
{
    public const int Size = 88;
    public ulong Flags, PidFd, ChildTid, ParentTid, ExitSignal, Stack, StackSize, Tls, SetTid, SetTidSize, Cgroup;
}

/// <summary>
/// clone3(2) of children that share this process's memory and run a function of ours on a stack of their own. What such a function does: system calls through
/// <see cref="Call"/>, and nothing that the garbage collector, a lock or the C library would have to know of. x86-64 and native code only.
/// </summary>
internal static unsafe partial class SharedMemoryChild
{
    public const int StackSize = 64 * 1024;

    /// <summary>False under a JIT compiler, which may not run in such a child, and on other processors.</summary>
    public static bool IsPossible => !RuntimeFeature.IsDynamicCodeSupported && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>
    /// Makes the child call <paramref name="function"/> with the address of the arguments, as the C library's syscall() would return to its caller: that ends in a
    /// ret, and the child, on its own stack, returns into the function whose address lies on top of it.
    /// </summary>
    public static void Prepare(CloneArguments* arguments, byte* stack, int size, nint function)
    {
        arguments->Stack = (ulong)stack;
        arguments->StackSize = (ulong)size - 64;
        *(nint*)(stack + size - 64) = function;
    }

    /// <summary>
    /// syscall(3) as if it were managed code: without the transition around native calls and the look at the garbage collector after them, which in a
    /// child that shares our memory would wait for ever. Native AOT links it by its name; there is no such call in other runtimes.
    /// </summary>
    [RuntimeImport("*", "syscall")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern nint Call(nint number, nint a0, nint a1, nint a2, nint a3, nint a4, nint a5);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint clone3(nint number, CloneArguments* arguments, nint size);
}
