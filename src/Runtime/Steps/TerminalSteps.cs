using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>
/// A terminal of the container's own devpts: the master side goes to the spawner over the status socket, the other side becomes stdio.
/// </summary>
internal static class TerminalSteps
{
    private const long DevptsMagic = 0x1cd1;
    private static readonly int OpenFlags = Fcntl.O_RDWR | Fcntl.O_NOCTTY | Fcntl.O_CLOEXEC;

    /// <summary>For a new container, before the pivot.</summary>
    public static void ForContainer(Compilation c)
    {
        if (!c.Process.Terminal)
            return;
        Slot pts = c.Pts ?? throw Refuse.Invalid("a terminal needs a devpts mount on /dev/pts");
        Slot master = c.Open(pts, "ptmx", OpenFlags, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS, "open a terminal").Into();
        Slot peer = Connect(c.Program, master, c.Process, c.Context.KeepsNewlines);
        if (c.Dev is not { } dev)
            return;
        Slot console = c.Open(dev, "console", Fcntl.O_RDONLY | Fcntl.O_CREAT | Fcntl.O_NOCTTY, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS, "/dev/console", 0x180 /* 0600 */).Into();
        Slot tree = c.CloneTree(peer, recursive: false, "/dev/console is the terminal");
        c.Attach(tree, console, "/dev/console is the terminal");
    }

    /// <summary>For a process that has joined a container, whose files may be hostile: what is opened must be a devpts.</summary>
    public static void ForExec(ProgramBuilder program, ProcessSpec process, bool keepsNewlines)
    {
        Argument how = program.Words(OpenFlags, 0, Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS);
        Slot master = program.Call(SyscallNumber.Openat2, "openat2", "open a terminal", Compilation.CurrentDirectory, program.String("/dev/pts/ptmx"), how, 24).Into();
        Argument status = program.Bytes(new byte[128]);
        program.Call(SyscallNumber.Fstatfs, "fstatfs", "it is a terminal of a devpts", master, status);
        _ = program.Expect(status, DevptsMagic, 8, -1, Errno.EPERM, "it is a terminal of a devpts");
        _ = Connect(program, master, process, keepsNewlines);
    }

    /// <summary>
    /// A session that begins in the container: nothing in it is signalled with the caller's, and criu can save it. A process that leads one already keeps it.
    /// </summary>
    public static void OwnSession(ProgramBuilder program) =>
        _ = program.Call(SyscallNumber.Setsid, "setsid", "a session of its own").Tolerate(0, Errno.EPERM);

    private static Slot Connect(ProgramBuilder program, Slot master, ProcessSpec process, bool keepsNewlines)
    {
        const string Reason = "the terminal's other side becomes stdio";
        program.Call(SyscallNumber.Ioctl, "ioctl", "unlock the terminal", master, (ulong)Terminal.TIOCSPTLCK, program.Bytes(new byte[4]));
        Slot peer = program.Call(SyscallNumber.Ioctl, "ioctl", Reason, master, (ulong)Terminal.TIOCGPTPEER, OpenFlags).Into();
        if (process.ConsoleSize is { Width: > 0, Height: > 0 } size)
            program.Call(SyscallNumber.Ioctl, "ioctl", $"{size.Height} rows, {size.Width} columns", peer, (ulong)Terminal.TIOCSWINSZ,
                program.Bytes([(byte)size.Height, (byte)(size.Height >> 8), (byte)size.Width, (byte)(size.Width >> 8), 0, 0, 0, 0]));
        if (keepsNewlines)
            KeepNewlines(program, peer);
        // The group stays devpts' own (usually tty), as login(1) leaves it.
        program.Call(SyscallNumber.Fchown, "fchown", "the user owns the terminal", peer, process.User.Uid, uint.MaxValue);
        SendMaster(program, master);
        program.Call(SyscallNumber.Setsid, "setsid", "a session for the terminal");
        program.Call(SyscallNumber.Ioctl, "ioctl", "the session's controlling terminal", peer, (ulong)Terminal.TIOCSCTTY, 0);
        for (int fd = 0; fd <= 2; fd++)
            program.Call(SyscallNumber.Dup3, "dup3", Reason, peer, fd, 0);
        return peer;
    }

    /// <summary>
    /// A new line is a new line to whoever reads the output, not a carriage return and a new line (ONLCR of termios(3)). Before anything can be written: the
    /// spawner might come too late with it.
    /// </summary>
    private static void KeepNewlines(ProgramBuilder program, Slot peer)
    {
        const string Reason = "new lines stay as they are";
        Argument settings = program.Bytes(new byte[40]);
        program.Call(SyscallNumber.Ioctl, "ioctl", Reason, peer, 0x5401 /* TCGETS */, settings);
        program.Store(settings with { Value = settings.Value + 4 }, 1 /* c_oflag OPOST alone */, 4, Reason);
        program.Call(SyscallNumber.Ioctl, "ioctl", Reason, peer, 0x5402 /* TCSETS */, settings);
    }

    /// <summary>sendmsg(2) with one byte and SCM_RIGHTS.</summary>
    private static void SendMaster(ProgramBuilder program, Slot master)
    {
        byte[] control = new byte[24];
        control[0] = 20; // cmsg_len
        control[8] = 1; // SOL_SOCKET
        control[12] = 1; // SCM_RIGHTS
        Argument header = program.Bytes(control);
        program.Store(header with { Value = header.Value + 16 }, master, 4, "hand the terminal to the keeper");
        Argument vector = program.Words(program.String("T"), 1);
        Argument message = program.Words(0, 0, vector, 1, header, 24, 0);
        program.Call(SyscallNumber.Sendmsg, "sendmsg", "hand the terminal to the keeper", InitDescriptors.Status, message, 0);
    }
}
