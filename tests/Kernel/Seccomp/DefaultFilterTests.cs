using System.Runtime.InteropServices;
using Tare.Seccomp;

namespace Tare.Tests.Kernel.Seccomp;

/// <summary>The default filter on a thread of its own, which ends with the test.</summary>
public class DefaultFilterTests
{
    private const int SetNoNewPrivileges = 38;
    private const int SetSeccomp = 22;
    private const int FilterMode = 2;

    [Fact]
    public void The_kernel_takes_the_default_filter_and_obeys_it()
    {
        SeccompFilter filter = DefaultProfile.FilterFor(new HashSet<string>(), SeccompNames.NativeArchitecture);
        int unshare = 0, clone3 = 0, processId = 0, load = -1;
        bool x64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        var thread = new Thread(() =>
        {
            GCHandle code = GCHandle.Alloc(filter.Program, GCHandleType.Pinned);
            GCHandle program = GCHandle.Alloc(new nint[] { filter.Length, code.AddrOfPinnedObject() }, GCHandleType.Pinned);
            _ = prctl(SetNoNewPrivileges, 1, 0, 0, 0);
            load = prctl(SetSeccomp, FilterMode, program.AddrOfPinnedObject(), 0, 0);
            unshare = Error(x64 ? 272 : 97, 0x0002_0000);
            clone3 = Error(435, 0);
            processId = (int)syscall(x64 ? 39 : 172, 0, 0);
            program.Free();
            code.Free();
        });
        thread.Start();
        thread.Join();

        Assert.Equal(0, load);
        Assert.Equal(1, unshare);
        Assert.Equal(38, clone3);
        Assert.Equal(Environment.ProcessId, processId);
    }

    private static int Error(nint number, nint argument) => syscall(number, argument, 0) < 0 ? Marshal.GetLastPInvokeError() : 0;

#pragma warning disable SYSLIB1054, CA2101 // a test assembly needs no generated marshalling
    [DllImport("libc", SetLastError = true)]
    private static extern int prctl(int option, nint a, nint b, nint c, nint d);

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint a, nint b);
#pragma warning restore SYSLIB1054, CA2101
}
