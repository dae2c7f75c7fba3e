namespace Tare.Hosts;

/// <summary>The few system calls that the interpreter makes on its own account; constants, so that nothing is initialized at start.</summary>
internal static class SystemCall
{
#if TARE_ARM64
    public const int Lseek = 62, Mmap = 222, Write = 64, CloseRange = 436, Clone = 220, Wait4 = 260, RtSigaction = 134, RtSigprocmask = 135, RtSigtimedwait = 137, Kill = 129, ExitGroup = 94, Setpgid = 154, Getpid = 172, Ioctl = 29;
#else
    public const int Lseek = 8, Mmap = 9, Write = 1, CloseRange = 436, Clone = 56, Wait4 = 61, RtSigaction = 13, RtSigprocmask = 14, RtSigtimedwait = 128, Kill = 62, ExitGroup = 231, Setpgid = 109, Getpid = 39, Ioctl = 16;
#endif
}
