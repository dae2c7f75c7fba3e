using System.Globalization;
using System.Text;
using Tare.Engine.Containers;
using Tare.EngineApi.Execs;
using Tare.EngineApi.Streams;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Runtime;

namespace Tare.Engine.Execs;

/// <summary>POST /exec/{id}/start: starts the process and connects the client to it.</summary>
public sealed class ExecStart(ContainerContext context, ExecStore execs)
{
    private const int MaxProbeOutput = 4096;
    private readonly ExecLaunch _launch = new(context);

    /// <summary>
    /// Starts an exec once. Attached, the caller gets the stream, which carries the error text when the process could not be made; detached, it gets
    /// null, and that error is thrown.
    /// </summary>
    public async Task<ContainerStream?> RunAsync(string id, ExecStartRequest request)
    {
        Exec exec = execs.Get(id);
        ExecCreate.CheckRuns(exec.Container, exec.Container.Id);
        if (!exec.TryBegin())
            throw TareException.Conflict($"Error: Exec command {id} is already running");
        if (request.Detach)
        {
            StartFailure? failure = await LaunchAsync(exec, request);
            return failure is null ? null : throw failure.Error;
        }
        (ContainerStream stream, Task attached) = await ConnectAsync(exec);
        try
        {
            if (await LaunchAsync(exec, request) is { } failure)
                stream.Epilogue = Say(failure, exec.Request.Tty);
            await attached;
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command to its end and returns its code and the beginning of its output; SIGKILL after the timeout.</summary>
    internal async Task<(int ExitCode, string Output, bool InTime)> ProbeAsync(Exec exec, TimeSpan timeout)
    {
        _ = exec.TryBegin();
        (ContainerStream connected, Task attached) = await ConnectAsync(exec);
        await using ContainerStream stream = connected;
        try
        {
            if (await LaunchAsync(exec, new ExecStartRequest()) is { } failure)
                return (failure.ExitCode, failure.Error.Message, true);
            await attached;
            using var limit = new CancellationTokenSource(timeout, context.Time);
            string output = await ReadAsync(stream, limit.Token);
            int code = await exec.Ended.WaitAsync(limit.Token);
            return (code, output, true);
        }
        catch (OperationCanceledException)
        {
            exec.Signal(Process.SIGKILL);
            return (-1, "", false);
        }
        finally
        {
            execs.Remove(exec);
        }
    }

    private async Task<StartFailure?> LaunchAsync(Exec exec, ExecStartRequest request)
    {
        List<uint>? size = request.ConsoleSize ?? exec.Request.ConsoleSize;
        StartFailure? failure;
        try
        {
            failure = await _launch.RunAsync(exec, size is [var rows, var columns] ? ((ushort)rows, (ushort)columns) : default);
        }
        catch (TareException error)
        {
            failure = new StartFailure(126, error);
        }
        if (failure is null)
        {
            execs.Started(exec);
            context.Publish(exec.Container.Record, "exec_start: " + string.Join(' ', exec.Request.Cmd!), ("execID", exec.Id));
            return null;
        }
        _ = exec.End(failure.ExitCode, context.Now);
        execs.Ended(exec);
        await context.Keeper.ForgetAsync(exec.Id);
        context.Publish(exec.Container.Record, "exec_die", ("execID", exec.Id), ("exitCode", failure.ExitCode.ToString(CultureInfo.InvariantCulture)));
        return failure;
    }

    /// <summary>
    /// The stream waits in the keeper for the process. The keeper takes orders one after the other: the spawn may be prepared and sent while the attachment is
    /// not answered yet.
    /// </summary>
    private async Task<(ContainerStream Stream, Task Attached)> ConnectAsync(Exec exec)
    {
        await context.AwaitKeeperAsync();
        ExecCreateRequest request = exec.Request;
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (theirs)
        {
            var stream = new ContainerStream(ours, !request.Tty, request.AttachStdin && request.Tty ? DetachKeys.Parse(request.DetachKeys) : null);
            try
            {
                Task attached = context.Keeper.AttachAsync(exec.Id, theirs, (request.AttachStdin ? AttachFlags.Input | AttachFlags.CloseInputAtEnd : 0)
                    | (request.AttachStdout ? AttachFlags.Output : 0) | (request.AttachStderr ? AttachFlags.Error : 0)
                    | (request.Tty ? 0 : AttachFlags.Multiplexed));
                return (stream, attached);
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }
        }
    }

    private static byte[] Say(StartFailure failure, bool terminal)
    {
        byte[] text = Encoding.UTF8.GetBytes($"exec failed: {TareException.Describe(failure.Error)}\r\n");
        if (terminal)
            return text;
        byte[] framed = new byte[StreamFrame.HeaderSize + text.Length];
        new StreamFrame(StreamKind.Stdout, text.Length).Write(framed);
        text.CopyTo(framed, StreamFrame.HeaderSize);
        return framed;
    }

    /// <summary>Reads all output and keeps its beginning, without the frames.</summary>
    private static async Task<string> ReadAsync(ContainerStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[8192];
        List<byte> kept = [];
        int frame = 0;
        List<byte> header = [];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            foreach (byte b in buffer.AsSpan(0, read))
            {
                if (frame > 0)
                {
                    frame--;
                    if (kept.Count < MaxProbeOutput)
                        kept.Add(b);
                    continue;
                }
                header.Add(b);
                if (header.Count == StreamFrame.HeaderSize)
                {
                    _ = StreamFrame.TryRead([.. header], out StreamFrame next);
                    frame = next.Length;
                    header.Clear();
                }
            }
        }
        return Encoding.UTF8.GetString([.. kept]);
    }
}
