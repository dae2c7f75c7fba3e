using Tare.Linux;

namespace Tare.Netlink;

/// <summary>The kernel refused a netlink request: what was attempted, its error number, and the kernel's own words when it gave some.</summary>
public sealed class NetlinkException : Exception
{
    /// <summary>Records a refusal; <paramref name="detail"/> is the extended acknowledgement's text or null.</summary>
    public NetlinkException(string operation, Errno errno, string? detail = null)
        : base(detail is null ? $"{operation}: {errno.Describe()}" : $"{operation}: {errno.Describe()} ({detail})")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>What was attempted, in words.</summary>
    public string Operation { get; }

    /// <summary>The error number in the acknowledgement.</summary>
    public Errno Errno { get; }
}
