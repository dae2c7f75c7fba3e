using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>termios.h and the window size of a terminal.</summary>
public static partial class Terminal
{
    public const nuint TIOCSCTTY = 0x540E;
    public const nuint TIOCGWINSZ = 0x5413;
    public const nuint TIOCSWINSZ = 0x5414;
    public const nuint TIOCSPTLCK = 0x40045431;
    public const nuint TIOCGPTPEER = 0x5441;

    /// <summary>Bytes of struct termios as the C library lays it out, with room.</summary>
    public const int AttributesSize = 64;

    /// <summary>Rows and columns, or zeros when the descriptor is no terminal.</summary>
    public static unsafe (ushort Rows, ushort Columns) Size(FileDescriptor terminal)
    {
        ushort* size = stackalloc ushort[4];
        return ioctl(terminal, TIOCGWINSZ, (nint)size) == 0 ? (size[0], size[1]) : ((ushort)0, (ushort)0);
    }

    /// <summary>Sets the window size; the foreground processes get SIGWINCH.</summary>
    public static unsafe Errno TryResize(FileDescriptor terminal, ushort rows, ushort columns)
    {
        ushort* size = stackalloc ushort[4] { rows, columns, 0, 0 };
        return ioctl(terminal, TIOCSWINSZ, (nint)size) == 0 ? Errno.None : SyscallException.LastErrno;
    }

    /// <summary>Switches to raw mode and returns the attributes to give back to <see cref="Restore"/>.</summary>
    public static unsafe byte[] MakeRaw(FileDescriptor terminal)
    {
        byte[] saved = new byte[AttributesSize];
        byte[] raw = new byte[AttributesSize];
        fixed (byte* old = saved, changed = raw)
        {
            _ = SyscallException.Check(tcgetattr(terminal, old), "tcgetattr");
            saved.CopyTo(raw, 0);
            cfmakeraw(changed);
            _ = SyscallException.Check(tcsetattr(terminal, 0, changed), "tcsetattr");
        }
        return saved;
    }

    /// <summary>Stops showing what is typed and returns the attributes to give back to <see cref="Restore"/>.</summary>
    public static unsafe byte[] HideInput(FileDescriptor terminal)
    {
        const uint ECHO = 8;
        byte[] saved = new byte[AttributesSize];
        byte[] hidden = new byte[AttributesSize];
        fixed (byte* old = saved, changed = hidden)
        {
            _ = SyscallException.Check(tcgetattr(terminal, old), "tcgetattr");
            saved.CopyTo(hidden, 0);
            // SAFETY: struct termios begins with four 32-bit words; c_lflag is the fourth.
            ((uint*)changed)[3] &= ~ECHO;
            _ = SyscallException.Check(tcsetattr(terminal, 0, changed), "tcsetattr");
        }
        return saved;
    }

    /// <summary>Lines end with a newline alone: what a terminal's master side reads is passed on to something that is itself a terminal, or a file.</summary>
    public static unsafe void KeepNewlines(FileDescriptor terminal)
    {
        const int OutputFlags = 4, ONLCR = 4;
        byte* attributes = stackalloc byte[AttributesSize];
        // SAFETY: struct termios begins with c_iflag and c_oflag, 4 bytes each; the buffer is as large as the C library's.
        if (tcgetattr(terminal, attributes) != 0)
            return;
        *(uint*)(attributes + OutputFlags) &= ~(uint)ONLCR;
        _ = tcsetattr(terminal, 0, attributes);
    }

    /// <summary>Puts attributes back.</summary>
    public static unsafe void Restore(FileDescriptor terminal, byte[] attributes)
    {
        fixed (byte* saved = attributes)
            _ = tcsetattr(terminal, 0, saved);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(FileDescriptor fd, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int tcgetattr(FileDescriptor fd, byte* attributes);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int tcsetattr(FileDescriptor fd, int when, byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial void cfmakeraw(byte* attributes);
}
