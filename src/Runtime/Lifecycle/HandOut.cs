using System.Globalization;
using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>What a caller gets of a new process: its terminal, its pidfd, a file with its number.</summary>
public static class HandOut
{
    /// <summary>Sends the terminal to a console socket, if there is one; the result then has none.</summary>
    public static Launched Terminal(string? socket, Launched launched)
    {
        if (socket is null || launched.Terminal is null)
            return launched;
        using (launched.Terminal)
            Send(socket, "/dev/ptmx"u8, launched.Terminal, "send the terminal to the console socket");
        return launched with { Terminal = null };
    }

    public static void PidFd(string? socket, FileDescriptor pidfd)
    {
        if (socket is not null)
            Send(socket, "pidfd"u8, pidfd, "send the pidfd to its socket");
    }

    /// <summary>The file appears with its content, for somebody may wait for it.</summary>
    public static void PidFile(string? path, int pid)
    {
        if (path is null)
            return;
        string temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "." + Path.GetFileName(path));
        File.WriteAllText(temporary, pid.ToString(CultureInfo.InvariantCulture));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Connects to a unix socket and sends data with one descriptor.</summary>
    internal static void Send(string path, ReadOnlySpan<byte> data, FileDescriptor descriptor, string what)
    {
        using FileDescriptor socket = Socket.Create(Socket.AF_UNIX, Socket.SOCK_STREAM);
        Errno errno = Socket.TryConnectUnix(socket, path);
        if (errno != Errno.None)
            throw new SyscallException($"{what}: connect", errno, path);
        errno = Socket.TrySend(socket, data, [descriptor]);
        if (errno != Errno.None)
            throw new SyscallException(what, errno, path);
    }
}
