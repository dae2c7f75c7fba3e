using System.Runtime.InteropServices;
using System.Text;

namespace Tare.Linux;

/// <summary>sys/socket.h for unix sockets that carry descriptors (SCM_RIGHTS), and socket creation for netlink and raw use. All close-on-exec.</summary>
public static partial class Socket
{
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_NETLINK = 16;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOCK_NONBLOCK = 0x800;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;

    /// <summary>ioctl that sets an interface's flags (netdevice(7)).</summary>
    public const int SIOCSIFFLAGS = 0x8914;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_CTRUNC = 0x8;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;

    /// <summary>Most descriptors one message carries (SCM_MAX_FD).</summary>
    public const int MaxDescriptors = 253;

    /// <summary>A struct ifreq (netdevice(7), 40 bytes) that brings lo up.</summary>
    public static byte[] LoopbackUp()
    {
        byte[] request = new byte[40];
        "lo"u8.CopyTo(request);
        request[16] = 0x41; // IFF_UP | IFF_RUNNING
        return request;
    }

    /// <summary>socket(2).</summary>
    public static FileDescriptor Create(int family, int type, int protocol = 0)
    {
        FileDescriptor fd = socket(family, type | SOCK_CLOEXEC, protocol);
        return fd.IsInvalid ? throw new SyscallException("socket", SyscallException.LastErrno) : fd;
    }

    /// <summary>socketpair(2) of unix sockets.</summary>
    public static unsafe (FileDescriptor One, FileDescriptor Other) Pair(int type)
    {
        int* ends = stackalloc int[2];
        _ = SyscallException.Check(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair");
        return (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    /// <summary>bind(2) to a path in the file system (at most 107 bytes).</summary>
    public static void BindUnix(FileDescriptor fd, string path)
    {
        byte[] address = UnixAddress(path);
        _ = SyscallException.Check(bind(fd, address, address.Length), "bind", path);
    }

    /// <summary>connect(2) to a path in the file system; ECONNREFUSED and ENOENT are the ordinary failures.</summary>
    public static Errno TryConnectUnix(FileDescriptor fd, string path)
    {
        byte[] address = UnixAddress(path);
        return connect(fd, address, address.Length) == 0 ? Errno.None : SyscallException.LastErrno;
    }

    /// <summary>bind(2) with a raw sockaddr.</summary>
    public static void Bind(FileDescriptor fd, byte[] address) => SyscallException.Check(bind(fd, address, address.Length), "bind");

    /// <summary>listen(2).</summary>
    public static void Listen(FileDescriptor fd, int backlog) => SyscallException.Check(listen(fd, backlog), "listen");

    /// <summary>accept4(2); EAGAIN when nobody waits on a non-blocking socket.</summary>
    public static unsafe Errno TryAccept(FileDescriptor fd, out FileDescriptor connection)
    {
        connection = accept4(fd, null, null, SOCK_CLOEXEC);
        return connection.IsInvalid ? SyscallException.LastErrno : Errno.None;
    }

    /// <summary>setsockopt(2) with an int value.</summary>
    public static void SetOption(FileDescriptor fd, int level, int option, int value) =>
        SyscallException.Check(setsockopt(fd, level, option, ref value, sizeof(int)), "setsockopt");

    /// <summary>shutdown(2): 0 stops receiving, 1 sending, 2 both.</summary>
    public static Errno TryShutdown(FileDescriptor fd, int how) => shutdown(fd, how) == 0 ? Errno.None : SyscallException.LastErrno;

    /// <summary>Sends one message with descriptors, which the receiver gets as copies.</summary>
    public static unsafe Errno TrySend(FileDescriptor socket, ReadOnlySpan<byte> data, ReadOnlySpan<FileDescriptor> descriptors = default, int flags = 0)
    {
        if (descriptors.Length > MaxDescriptors)
            throw new ArgumentException($"a message carries at most {MaxDescriptors} descriptors", nameof(descriptors));
        byte* control = stackalloc byte[24 + (MaxDescriptors * 4)];
        nint controlLength = 0;
        if (!descriptors.IsEmpty)
        {
            *(nuint*)control = (nuint)(16 + (descriptors.Length * 4));
            *(int*)(control + 8) = 1; // SOL_SOCKET
            *(int*)(control + 12) = 1; // SCM_RIGHTS
            for (int i = 0; i < descriptors.Length; i++)
                *(int*)(control + 16 + (i * 4)) = descriptors[i].Number;
            controlLength = (16 + (descriptors.Length * 4) + 7) & ~7;
        }
        // SAFETY: iovec and msghdr live on this stack frame, data is pinned, and the descriptors are kept alive below.
        fixed (byte* start = data)
        {
            nint* iovec = stackalloc nint[] { (nint)start, data.Length };
            nint* header = stackalloc nint[] { 0, 0, (nint)iovec, 1, (nint)(controlLength == 0 ? null : control), controlLength, 0 };
            Errno errno;
            do
                errno = sendmsg(socket, header, flags | MSG_NOSIGNAL) < 0 ? SyscallException.LastErrno : Errno.None;
            while (errno == Errno.EINTR);
            foreach (FileDescriptor descriptor in descriptors)
                GC.KeepAlive(descriptor);
            return errno;
        }
    }

    /// <summary>
    /// Receives one message; <paramref name="length"/> 0 without descriptors is end of file. Descriptors arrive close-on-exec and belong to the
    /// caller. A message cut short (EMSGSIZE) gives its descriptors back to nobody: they are closed.
    /// </summary>
    public static unsafe Errno TryReceive(FileDescriptor socket, Span<byte> buffer, List<FileDescriptor> descriptors, out int length, int flags = 0)
    {
        const int ControlSize = 24 + (MaxDescriptors * 4);
        byte* control = stackalloc byte[ControlSize];
        fixed (byte* start = buffer)
        {
            nint* iovec = stackalloc nint[] { (nint)start, buffer.Length };
            nint* header = stackalloc nint[] { 0, 0, (nint)iovec, 1, (nint)control, ControlSize, 0 };
            nint n;
            Errno errno;
            do
            {
                n = recvmsg(socket, header, flags | MSG_CMSG_CLOEXEC);
                errno = n < 0 ? SyscallException.LastErrno : Errno.None;
            }
            while (errno == Errno.EINTR);
            length = (int)Math.Max(n, 0);
            if (errno != Errno.None)
                return errno;
            int first = descriptors.Count;
            // SAFETY: the kernel filled control up to the length it left in the header; each cmsg says its own length.
            byte* end = control + header[5];
            for (byte* at = control; at + 16 <= end; at += (*(nint*)at + 7) & ~7)
            {
                if (*(int*)(at + 8) != 1 || *(int*)(at + 12) != 1)
                    continue;
                for (byte* fd = at + 16; fd + 4 <= at + *(nint*)at; fd += 4)
                    descriptors.Add(new FileDescriptor(*(int*)fd));
            }
            if (((int)header[6] & (MSG_TRUNC | MSG_CTRUNC)) == 0)
                return Errno.None;
            foreach (FileDescriptor descriptor in descriptors[first..])
                descriptor.Dispose();
            descriptors.RemoveRange(first, descriptors.Count - first);
            return Errno.EMSGSIZE;
        }
    }

    private static byte[] UnixAddress(string path)
    {
        byte[] address = new byte[110];
        if (Encoding.UTF8.GetByteCount(path) > 107)
            throw new SyscallException("unix socket address", Errno.ENAMETOOLONG, path);
        address[0] = AF_UNIX;
        _ = Encoding.UTF8.GetBytes(path, 0, path.Length, address, 2);
        return address;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial FileDescriptor socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int socketpair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(FileDescriptor fd, byte[] address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(FileDescriptor fd, byte[] address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(FileDescriptor fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial FileDescriptor accept4(FileDescriptor fd, byte* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(FileDescriptor fd, int level, int option, ref int value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(FileDescriptor fd, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint sendmsg(FileDescriptor fd, nint* header, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint recvmsg(FileDescriptor fd, nint* header, int flags);
}
