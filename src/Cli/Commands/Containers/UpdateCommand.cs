using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare update: other limits for containers that exist.</summary>
internal static class UpdateCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER [CONTAINER...]", "Update configuration of one or more containers") { MinArguments = 1 };
        var limits = new LimitFlags(command.Flags);
        TextFlag restart = command.Flags.Text("restart", "Restart policy to apply when a container exits");
        command.Run = (session, names) =>
        {
            if (!command.Flags.All.Any(f => f.IsSet))
                throw new ExitException(1, "you must provide one or more flags when using this command");
            var request = new UpdateRequest { RestartPolicy = restart.IsSet ? ContainerBody.Restart(restart.Value) : null };
            limits.ApplyTo(request);
            return EachName.Do(session, names, name =>
            {
                foreach (string warning in session.Client.Containers.Update(name, request).Warnings ?? [])
                    session.Error.WriteLine($"Warning: {warning}");
            });
        };
        return command;
    }
}
