using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi.Json;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare explain run …: every system call that would isolate the container, and why, without making it.</summary>
internal static class ExplainCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Explain the system calls that would isolate a container, before anything runs")
        {
            OptionsFirst = true,
            MinArguments = 1,
        };
        SwitchFlag detach = command.Flags.Switch("detach", "Run container in background and print container ID", 'd');
        var flags = new ContainerFlags(command.Flags);
        command.Run = (session, arguments) =>
        {
            byte[] body = CreateRequestWriter.Write(new ContainerCreation(session, flags).BuildBody(arguments, detach.Value));
            string text = session.Client.Daemon.Explain(body, flags.Name.Given);
            session.Out.Write(text.EndsWith('\n') ? text : text + "\n");
            return 0;
        };
        return command;
    }
}
