using Tare.Cli.CommandLine;
using Tare.Cli.Terminal;
using Tare.EngineApi.Client;
using Tare.EngineApi.Client.Calls;
using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare attach: takes part in a running container's stdio.</summary>
internal static class AttachCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER", "Attach local standard input, output, and error streams to a running container")
        {
            MinArguments = 1,
            MaxArguments = 1,
        };
        SwitchFlag noStdin = command.Flags.Switch("no-stdin", "Do not attach STDIN");
        SwitchFlag sigProxy = command.Flags.Switch("sig-proxy", "Proxy all received signals to the process", value: true);
        TextFlag keys = command.Flags.Text("detach-keys", "Override the key sequence for detaching a container");
        command.Run = (session, names) => Run(session, names[0], !noStdin.Value, sigProxy.Value, keys.Given);
        return command;
    }

    private static int Run(Session session, string name, bool wantInput, bool sigProxy, string? keys)
    {
        EngineClient client = session.Client;
        ContainerInspect container = client.Containers.Inspect(name);
        if (!container.State.Running)
            throw new ExitException(1, "You cannot attach to a stopped container, start it first");
        if (container.State.Paused)
            throw new ExitException(1, "You cannot attach to a paused container, unpause it first");
        if (container.State.Restarting)
            throw new ExitException(1, "You cannot attach to a restarting container, wait until it is running");
        bool tty = container.Config.Tty;
        bool input = wantInput && container.Config.OpenStdin;
        if (tty && input && !session.InputIsTerminal)
            throw TareException.Invalid("the input device is not a TTY");
        using EngineResponse wait = client.Containers.BeginWait(container.Id, "");
        using SignalForwarding? signals = sigProxy && !tty ? new SignalForwarding(s => client.Containers.Kill(container.Id, s)) : null;
        using HijackedStream stream = client.Containers.Attach(container.Id, input, stdout: true, stderr: true, keys);
        using (tty && input ? new RawMode(session.Input) : null)
        using (tty && session.InputIsTerminal ? new SizeFollowing(session.Input, (h, w) => client.Containers.Resize(container.Id, h, w)) : null)
        {
            if (new StdioPump(session, stream, tty).Run(input, keys))
                return 0;
        }
        return (int)ContainerCalls.EndWait(wait).StatusCode;
    }
}
