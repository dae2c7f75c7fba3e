namespace Tare.Seccomp;

/// <summary>SECCOMP_RET_* of linux/seccomp.h: an action in the high half, its data in the low.</summary>
internal static class SeccompReturn
{
    internal const uint KillThread = 0;
    private const int Eperm = 1;

    /// <summary>The filter's return value for an action.</summary>
    internal static uint Value(SeccompAction action, int? data) => action switch
    {
        SeccompAction.KillThread => KillThread,
        SeccompAction.KillProcess => 0x8000_0000,
        SeccompAction.Trap => 0x0003_0000,
        SeccompAction.Errno => 0x0005_0000 | (uint)((data ?? Eperm) & 0xffff),
        SeccompAction.Notify => 0x7fc0_0000,
        SeccompAction.Trace => 0x7ff0_0000 | (uint)((data ?? Eperm) & 0xffff),
        SeccompAction.Log => 0x7ffc_0000,
        SeccompAction.Allow => 0x7fff_0000,
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };
}
