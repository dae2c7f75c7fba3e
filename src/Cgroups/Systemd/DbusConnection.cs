using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups.Systemd;

/// <summary>
/// A connection to systemd, over its private socket or a message bus: method calls one after another, each waiting for its answer. Used by one thread.
/// </summary>
internal sealed class DbusConnection : IDisposable
{
    private const byte MethodCall = 1, MethodReturn = 2, Failure = 3;
    private const int Most = 1 << 20;
    private const int Patience = 30_000, Silence = 100;
    private readonly FileDescriptor _socket;
    private readonly bool _isBus;
    private uint _serial;

    private DbusConnection(FileDescriptor socket, bool isBus) => (_socket, _isBus) = (socket, isBus);

    /// <summary>Connects and authenticates by user id; on a bus, also says hello.</summary>
    internal static DbusConnection Open(string path, bool isBus)
    {
        FileDescriptor socket = Socket.Create(Socket.AF_UNIX, Socket.SOCK_STREAM);
        try
        {
            Errno errno = Socket.TryConnectUnix(socket, path);
            if (errno != Errno.None)
                throw new TareException(ErrorKind.Unavailable, $"connect to systemd at {path} (is it the init of this machine?)", new SyscallException("connect", errno, path));
            string user = Convert.ToHexString(Encoding.ASCII.GetBytes(Unistd.EffectiveUserId.ToString(CultureInfo.InvariantCulture)));
            socket.Write(Encoding.ASCII.GetBytes($"\0AUTH EXTERNAL {user}\r\n"));
            string answer = ReadLine(socket);
            if (!answer.StartsWith("OK ", StringComparison.Ordinal))
                throw new TareException(ErrorKind.Unavailable, $"authenticate to systemd at {path}: {answer}");
            socket.Write("BEGIN\r\n"u8);
            DbusConnection connection = new(socket, isBus);
            if (isBus)
                connection.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "", new DbusWriter());
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method of systemd's manager.</summary>
    internal void Manager(string member, string signature, DbusWriter body) =>
        Call("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", member, signature, body);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Call(string destination, string path, string @interface, string member, string signature, DbusWriter body)
    {
        uint serial = Send(destination, path, @interface, member, signature, body);
        // A server made with sd-bus may read the first message together with the end of the handshake, and looks at it only when more comes
        // (systemd issue 17425, pull request 24875). What the ping is answered is passed over.
        if (!Poll.WaitReadable(_socket, _socket, Silence, out _))
            _ = Send(destination, path, "org.freedesktop.DBus.Peer", "Ping", "", new DbusWriter());
        while (!IsAnswer(serial, member))
            continue;
    }

    /// <summary>Sends a method call and gives its serial number.</summary>
    private uint Send(string destination, string path, string @interface, string member, string signature, DbusWriter body)
    {
        DbusWriter message = new();
        _ = message.Byte((byte)'l').Byte(MethodCall).Byte(0).Byte(1).Number((uint)body.Length).Number(++_serial);
        _ = message.Array(8, () =>
        {
            Field(message, 1, "o", path);
            Field(message, 2, "s", @interface);
            Field(message, 3, "s", member);
            if (_isBus)
                Field(message, 6, "s", destination);
            if (signature.Length > 0)
                _ = message.Align(8).Byte(8).Signature("g").Signature(signature);
        }).Align(8);
        message.Append(body.ToArray());
        _socket.Write(message.ToArray());
        return _serial;
    }

    private static void Field(DbusWriter message, byte code, string type, string value) => message.Align(8).Byte(code).Signature(type).Text(value);

    /// <summary>Reads one message; true when it answers the call. Signals are passed over.</summary>
    private bool IsAnswer(uint serial, string member)
    {
        byte[] head = ReadExactly(16);
        int body = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4)), fields = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12));
        if (head[0] != 'l' || body is < 0 or > Most || fields is < 0 or > Most)
            throw TareException.Internal("systemd sent a message that is not understood");
        byte[] fieldBytes = ReadExactly((fields + 7) & ~7);
        byte[] content = ReadExactly(body);
        if (head[1] is not (MethodReturn or Failure) || ReplySerial(fieldBytes.AsSpan(0, fields)) != serial)
            return false;
        if (head[1] == Failure)
            throw new TareException(ErrorKind.Internal, $"systemd refused {member}: {FirstText(content)}");
        return true;
    }

    /// <summary>Header fields are (code, signature, value), each aligned to 8; those of an answer are strings, paths, signatures and numbers.</summary>
    private static uint ReplySerial(ReadOnlySpan<byte> fields)
    {
        int at = 0;
        while (at + 4 < fields.Length)
        {
            at = (at + 7) & ~7;
            (byte code, byte type) = (fields[at], fields[at + 2]);
            at += 4;
            if (code == 5 && type == 'u')
                return BinaryPrimitives.ReadUInt32LittleEndian(fields[at..]);
            at += type == 'g' ? fields[at] + 2 : type == 'u' ? 4 : BinaryPrimitives.ReadInt32LittleEndian(fields[at..]) + 5;
        }
        return 0;
    }

    private static string FirstText(byte[] body) =>
        body.Length < 5 ? "no reason given" : Encoding.UTF8.GetString(body, 4, Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(body), 0, body.Length - 5));

    private byte[] ReadExactly(int length)
    {
        byte[] buffer = new byte[length];
        for (int done = 0; done < length;)
        {
            int read = Read(_socket, buffer.AsSpan(done));
            done += read > 0 ? read : throw new TareException(ErrorKind.Unavailable, "systemd closed the connection");
        }
        return buffer;
    }

    private static int Read(FileDescriptor socket, Span<byte> buffer) => Poll.WaitReadable(socket, socket, Patience, out _)
        ? socket.Read(buffer)
        : throw new TareException(ErrorKind.Unavailable, $"systemd has not answered for {Patience / 1000} seconds");

    private static string ReadLine(FileDescriptor socket)
    {
        List<byte> line = [];
        byte[] one = new byte[1];
        while (line.Count < 4096 && Read(socket, one) == 1 && one[0] != '\n')
            line.Add(one[0]);
        return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
    }
}
