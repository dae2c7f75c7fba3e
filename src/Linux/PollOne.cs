namespace Tare.Linux;

public static partial class Poll
{
    /// <summary>Waits until a descriptor is readable or hung up; false when the time has passed.</summary>
    public static bool WaitReadable(FileDescriptor fd, TimeSpan timeout) => WaitReadable(fd, fd, (int)timeout.TotalMilliseconds, out _);
}
