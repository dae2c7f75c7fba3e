using Tare.SyscallProgram;

namespace Tare.Hosts;

/// <summary>
/// What `--init` asks for: a process 1 that forwards signals to the one child, reaps orphans, and exits as that child did.
/// </summary>
internal static unsafe class Supervisor
{
    private const nint SIGCHLD = 17;
    private const nint WNOHANG = 1;

    /// <summary>Returns 0 in the child, which goes on with the program; the parent never returns.</summary>
    public static nint Split()
    {
        // Signals wait in the mask until the parent's loop takes them; the child unblocks them before its execve.
        ulong all = ~0ul;
        Program.Call(SystemCall.RtSigprocmask, 0 /* SIG_BLOCK */, (nint)(&all), 0, 8);
        nint child = Program.Call(SystemCall.Clone, SIGCHLD);
        if (child < 0)
            return child;
        if (child == 0)
            return TakeForeground();
        // It does not go through an execve, which would close what leads to the host.
        Program.Call(SystemCall.CloseRange, InitDescriptors.Program, unchecked((nint)~0u), 0);
        Watch(child, all);
        return 0;
    }

    /// <summary>
    /// The command is a process group of its own, in the terminal's foreground if there is one: a key's signal reaches it once, not a second time
    /// through its parent. SIGTTOU is still blocked, so the terminal lets a background process do this.
    /// </summary>
    private static nint TakeForeground()
    {
        Program.Call(SystemCall.Setpgid, 0, 0);
        int group = (int)Program.Call(SystemCall.Getpid);
        Program.Call(SystemCall.Ioctl, 0, 0x5410 /* TIOCSPGRP */, (nint)(&group));
        return 0;
    }

    private static void Watch(nint child, ulong all)
    {
        while (true)
        {
            nint signal = Program.Call(SystemCall.RtSigtimedwait, (nint)(&all), 0, 0, 8);
            if (signal == SIGCHLD)
                Reap(child);
            else if (signal > 0)
                Program.Call(SystemCall.Kill, child, signal);
        }
    }

    private static void Reap(nint child)
    {
        while (true)
        {
            int status = 0;
            nint pid = Program.Call(SystemCall.Wait4, -1, (nint)(&status), WNOHANG);
            if (pid <= 0)
                return;
            if (pid == child)
            {
                int signal = status & 0x7f;
                Program.Call(SystemCall.ExitGroup, signal == 0 ? (status >> 8) & 0xff : 128 + signal);
            }
        }
    }
}
