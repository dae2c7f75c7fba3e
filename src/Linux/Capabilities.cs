namespace Tare.Linux;

/// <summary>sys/capability.h: what this process may do.</summary>
public static unsafe class Capabilities
{
    private const uint Version3 = 0x20080522;

    /// <summary>capget(2): the permitted set of the calling thread, one bit for each capability.</summary>
    public static ulong Permitted
    {
        get
        {
            uint* header = stackalloc uint[2] { Version3, 0 };
            uint* data = stackalloc uint[6]; // twice {effective, permitted, inheritable}
            // SAFETY: the header and the two structures that version 3 asks for are on the stack.
            nint result = RawSyscall.Invoke(SyscallNumber.Capget, (nint)header, (nint)data, 0, 0);
            return result < 0 ? 0 : data[1] | ((ulong)data[4] << 32);
        }
    }
}
