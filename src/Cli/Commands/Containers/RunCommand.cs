using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.Cli.Terminal;
using Tare.EngineApi.Client;
using Tare.EngineApi.Client.Calls;
using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare run: create, attach, wait, start, then stdio until the container's end.</summary>
internal static class RunCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Create and run a new container from an image")
        {
            OptionsFirst = true,
            MinArguments = 1,
        };
        SwitchFlag detach = command.Flags.Switch("detach", "Run container in background and print container ID", 'd');
        SwitchFlag sigProxy = command.Flags.Switch("sig-proxy", "Proxy received signals to the process", value: true);
        TextFlag detachKeys = command.Flags.Text("detach-keys", "Override the key sequence for detaching a container");
        var flags = new ContainerFlags(command.Flags);
        command.Run = (session, arguments) =>
        {
            var creation = new ContainerCreation(session, flags);
            CreateRequest body = creation.BuildBody(arguments, detach.Value);
            if (body.Tty && body.AttachStdin && !detach.Value && !session.InputIsTerminal)
                throw new ExitException(1, "the input device is not a TTY");
            try
            {
                string id = creation.Create(body);
                return detach.Value
                    ? Detached(session, id)
                    : new AttachedRun(session, id, body, sigProxy.Value && !body.Tty, detachKeys.Given).Run();
            }
            catch (Exception error) when (error is EngineErrorException or Errors.TareException)
            {
                throw StartFailure.ToExit(error);
            }
        };
        return command;
    }

    private static int Detached(Session session, string id)
    {
        session.Client.Containers.Start(id);
        session.Out.WriteLine(id);
        return 0;
    }
}

/// <summary>Attached to a container from before its start to its end.</summary>
internal sealed class AttachedRun(Session session, string id, CreateRequest body, bool sigProxy, string? detachKeys)
{
    public int Run()
    {
        EngineClient client = session.Client;
        bool autoRemove = body.HostConfig!.AutoRemove;
        bool anyStream = body.AttachStdin || body.AttachStdout || body.AttachStderr;
        using SignalForwarding? signals = sigProxy ? new SignalForwarding(Forward) : null;
        using HijackedStream? stream = anyStream
            ? client.Containers.Attach(id, body.AttachStdin, body.AttachStdout, body.AttachStderr, detachKeys)
            : null;
        // Waiting begins before the start, or a short life would be over before anybody looks.
        using EngineResponse wait = client.Containers.BeginWait(id, autoRemove ? "removed" : "next-exit");
        client.Containers.Start(id);
        if (stream is not null && Pump(stream))
            return 0;
        WaitResponse result = ContainerCalls.EndWait(wait);
        if (result.Error is { Message.Length: > 0 } error)
            session.Error.WriteLine($"tare: {error.Message}");
        return (int)result.StatusCode;
    }

    private bool Pump(HijackedStream stream)
    {
        bool raw = body.Tty && session.InputIsTerminal;
        using RawMode? rawMode = raw && body.AttachStdin ? new RawMode(session.Input) : null;
        using SizeFollowing? size = raw ? new SizeFollowing(session.Input, Resize) : null;
        return new StdioPump(session, stream, body.Tty).Run(body.AttachStdin, detachKeys);
    }

    private void Resize(int rows, int columns)
    {
        try
        {
            session.Client.Containers.Resize(id, rows, columns);
        }
        catch (Exception error) when (error is EngineErrorException or IOException)
        {
            // The container ended meanwhile; a wrong size is no reason to fail.
        }
    }

    private void Forward(string signal)
    {
        try
        {
            session.Client.Containers.Kill(id, signal);
        }
        catch (Exception error) when (error is EngineErrorException or IOException)
        {
            // It ended meanwhile, or does not run yet.
        }
    }
}
