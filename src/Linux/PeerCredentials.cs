using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>struct ucred: the process that connected a unix socket, at that moment (unix(7), SO_PEERCRED).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);

public static partial class Socket
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    /// <summary>getsockopt(2) of SO_PEERCRED; null when the socket has no such peer.</summary>
    public static unsafe PeerCredentials? PeerOf(int socket)
    {
        PeerCredentials credentials = default;
        int length = sizeof(PeerCredentials);
        // SAFETY: the kernel writes at most "length" bytes into a local of that size.
        return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 ? credentials : null;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int getsockopt(int fd, int level, int name, void* value, int* length);
}
