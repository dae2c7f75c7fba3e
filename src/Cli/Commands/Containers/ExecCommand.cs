using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.Cli.Terminal;
using Tare.EngineApi.Client;
using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Execs;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare exec: a further process in a running container.</summary>
internal sealed class ExecCommand
{
    private readonly SwitchFlag _detach;
    private readonly SwitchFlag _interactive;
    private readonly SwitchFlag _tty;
    private readonly SwitchFlag _privileged;
    private readonly TextFlag _keys;
    private readonly TextFlag _user;
    private readonly TextFlag _workdir;
    private readonly ListFlag _env;
    private readonly ListFlag _envFile;

    private ExecCommand(FlagSet flags)
    {
        _detach = flags.Switch("detach", "Detached mode: run command in the background", 'd');
        _interactive = flags.Switch("interactive", "Keep STDIN open even if not attached", 'i');
        _tty = flags.Switch("tty", "Allocate a pseudo-TTY", 't');
        _privileged = flags.Switch("privileged", "Give extended privileges to the command");
        _keys = flags.Text("detach-keys", "Override the key sequence for detaching a container");
        _user = flags.Text("user", "Username or UID (format: \"<name|uid>[:<group|gid>]\")", 'u');
        _workdir = flags.Text("workdir", "Working directory inside the container", 'w');
        _env = flags.List("env", "Set environment variables", 'e');
        _envFile = flags.List("env-file", "Read in a file of environment variables");
    }

    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER COMMAND [ARG...]", "Execute a command in a running container")
        {
            OptionsFirst = true,
            MinArguments = 2,
        };
        var exec = new ExecCommand(command.Flags);
        command.Run = exec.Run;
        return command;
    }

    private int Run(Session session, List<string> words)
    {
        ExecCreateRequest request = Request(session, words);
        if (request.Tty && request.AttachStdin && !session.InputIsTerminal)
            throw TareException.Invalid("the input device is not a TTY");
        EngineClient client = session.Client;
        string id = client.Execs.Create(words[0], request);
        var start = new ExecStartRequest { Detach = _detach.Value, Tty = request.Tty, ConsoleSize = request.ConsoleSize };
        if (_detach.Value)
        {
            client.Execs.StartDetached(id, start);
            return 0;
        }
        using (HijackedStream stream = client.Execs.StartAttached(id, start))
        using (request.Tty && request.AttachStdin ? new RawMode(session.Input) : null)
        using (request.Tty && session.InputIsTerminal ? new SizeFollowing(session.Input, (h, w) => Resize(client, id, h, w)) : null)
        {
            if (new StdioPump(session, stream, request.Tty).Run(request.AttachStdin, _keys.Given))
                return 0;
        }
        return client.Execs.ExitCode(id) ?? 0;
    }

    private ExecCreateRequest Request(Session session, List<string> words)
    {
        var env = new List<string>();
        foreach (string file in _envFile.Values)
            env.AddRange(EnvFile.Read(file, session.Environment));
        foreach (string text in _env.Values)
            EnvFile.AddVariable(env, text, session.Environment);
        var request = new ExecCreateRequest
        {
            User = _user.Value,
            WorkingDir = _workdir.Value,
            Privileged = _privileged.Value,
            Tty = _tty.Value,
            DetachKeys = _keys.Value,
            Env = env.Count > 0 ? env : null,
            Cmd = words[1..],
        };
        if (!_detach.Value)
            (request.AttachStdin, request.AttachStdout, request.AttachStderr) = (_interactive.Value, true, true);
        if (request.Tty && session.InputIsTerminal)
        {
            (ushort rows, ushort columns) = Linux.Terminal.Size(session.Input);
            request.ConsoleSize = [rows, columns];
        }
        return request;
    }

    private static void Resize(EngineClient client, string id, int rows, int columns)
    {
        try
        {
            client.Execs.Resize(id, rows, columns);
        }
        catch (Exception error) when (error is EngineErrorException or IOException)
        {
            // It ended meanwhile.
        }
    }
}
