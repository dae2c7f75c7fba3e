using Tare.Cli.CommandLine;
using Tare.EngineApi.Client;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare start: starts stopped containers; -a and -i take part in one's stdio.</summary>
internal static class StartCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER [CONTAINER...]", "Start one or more stopped containers") { MinArguments = 1 };
        SwitchFlag attach = command.Flags.Switch("attach", "Attach STDOUT/STDERR and forward signals", 'a');
        SwitchFlag interactive = command.Flags.Switch("interactive", "Attach container's STDIN", 'i');
        TextFlag checkpoint = command.Flags.Text("checkpoint", "Restore from this checkpoint");
        TextFlag directory = command.Flags.Text("checkpoint-dir", "Use a custom checkpoint storage directory");
        TextFlag keys = command.Flags.Text("detach-keys", "Override the key sequence for detaching a container");
        command.Run = (session, names) =>
        {
            if (checkpoint.Given is not null && names.Count > 1)
                throw TareException.Invalid("you cannot restore multiple containers at once");
            if (checkpoint.Given is not null && (attach.Value || interactive.Value))
                throw TareException.Invalid("--checkpoint cannot be used with --attach or --interactive; use 'tare attach' afterwards");
            if (!attach.Value && !interactive.Value)
                return Start(session, names, name => session.Client.Containers.Start(name, checkpoint: checkpoint.Given, checkpointDirectory: directory.Given));
            if (names.Count > 1)
                throw TareException.Invalid("you cannot start and attach multiple containers at once");
            return Attached(session, names[0], interactive.Value, keys.Given);
        };
        return command;
    }

    private static int Start(Session session, List<string> names, Action<string> start)
    {
        var failed = new List<string>();
        int code = EachName.Do(session, names, name =>
        {
            try
            {
                start(name);
            }
            catch (EngineErrorException)
            {
                failed.Add(name);
                throw;
            }
        });
        if (failed.Count > 0)
            session.Error.WriteLine($"Error: failed to start containers: {string.Join(", ", failed)}");
        return code;
    }

    private static int Attached(Session session, string name, bool input, string? keys)
    {
        ContainerInspect found = session.Client.Containers.Inspect(name);
        if (found.State.Running)
            throw TareException.Conflict($"container {name} is already running; use 'tare attach'");
        var body = new CreateRequest
        {
            Tty = found.Config.Tty,
            AttachStdin = input && found.Config.OpenStdin,
            AttachStdout = true,
            AttachStderr = true,
            HostConfig = found.HostConfig,
        };
        try
        {
            return new AttachedRun(session, found.Id, body, sigProxy: !body.Tty, keys).Run();
        }
        catch (EngineErrorException error)
        {
            throw new ExitException(1, $"Error response from daemon: {error.Message}");
        }
    }
}
