using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.Checkpoint;

/// <summary>
/// One run of criu(8) that is spoken to over a socket ("swrk"): a request, its notifications, its answer. Used by one thread.
/// </summary>
internal sealed class CriuSession(FileDescriptor socket, Launched? child = null) : IDisposable
{
    private const int MostBytes = 64 * 1024;

    /// <summary>Starts criu as a child of this process, with nothing but the socket.</summary>
    public static CriuSession Start()
    {
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_SEQPACKET);
        using (theirs)
        {
            using FileDescriptor nothing = Fcntl.Open("/dev/null", Fcntl.O_RDWR);
            try
            {
                return new CriuSession(ours, Launch.Start(CriuProgram.Build(1), new LaunchOptions { Passed = [theirs], Streams = [nothing, nothing, nothing] }));
            }
            catch
            {
                ours.Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// Sends a request and follows it to its end. <paramref name="notified"/> is told of each step (the script's name, a process, a descriptor that came
    /// with it) before criu goes on.
    /// </summary>
    public CriuAnswer Ask(CriuRequest type, CriuWriter? options, Action<string, int, FileDescriptor?>? notified = null, CriuWriter? features = null)
    {
        CriuWriter request = new CriuWriter().Number(1, (int)type);
        if (options is not null)
            _ = request.Message(2, options);
        if (features is not null)
            _ = request.Message(5, features);
        Send(request);
        while (true)
        {
            (CriuAnswer answer, FileDescriptor? descriptor) = Receive(type);
            using (descriptor)
            {
                if (answer.Type != (int)CriuRequest.Notify)
                    return answer;
                notified?.Invoke(answer.Script, answer.Pid, descriptor);
                Send(new CriuWriter().Number(1, (int)CriuRequest.Notify).Flag(3, true));
            }
        }
    }

    /// <summary>Lets criu end, and waits for that when it is a child of this process.</summary>
    public void Dispose()
    {
        socket.Dispose();
        if (child is null)
            return;
        _ = Process.TryReap(child.PidFd, wait: true, out _);
        child.PidFd.Dispose();
    }

    private void Send(CriuWriter message)
    {
        Errno errno = Socket.TrySend(socket, message.Bytes);
        if (errno != Errno.None)
            throw new TareException(ErrorKind.Internal, "criu ended before it was done", new SyscallException("sendmsg", errno, "criu"));
    }

    private (CriuAnswer, FileDescriptor?) Receive(CriuRequest type)
    {
        byte[] buffer = new byte[MostBytes];
        List<FileDescriptor> descriptors = [];
        Errno errno = Socket.TryReceive(socket, buffer, descriptors, out int length);
        if (errno != Errno.None || length == 0)
            throw TareException.Internal($"criu ended during {type.ToString().ToLowerInvariant()} without an answer; \"criu check\" says what this kernel lacks");
        try
        {
            return (CriuAnswer.Parse(buffer.AsSpan(0, length)), descriptors.FirstOrDefault());
        }
        catch (FormatException e)
        {
            throw TareException.Internal("criu's answer is not understood", e);
        }
    }
}

/// <summary>criu_req_type of criu's rpc.proto.</summary>
internal enum CriuRequest
{
    Dump = 1,
    Restore = 2,
    PreDump = 4,
    Notify = 6,
    FeatureCheck = 9,
    Version = 10,
}
