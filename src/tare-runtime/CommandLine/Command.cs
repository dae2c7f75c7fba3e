using Tare.Errors;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>The commands, one line each; those with more to them have a file of their own.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static int Run(GlobalOptions options) => options.Rest is ["-h" or "--help", ..] && Help.Of(options.CommandName) is { } help ? Print(help) : options.CommandName switch
    {
        "create" => CreateCommand.Create(options),
        "run" => CreateCommand.Run(options),
        "start" => Done(() => Start.Run(options.Root, new CommandArguments(options.Rest, [], []).Id)),
        "state" => State(options),
        "kill" => KillCommand.Run(options),
        "delete" => DeleteContainer(options),
        "exec" => ExecCommand.Run(options),
        "list" => ListCommand.Run(options),
        "ps" => ProcessesCommand.Run(options),
        "pause" => WithContainer(options, container => container.Cgroup.Freeze(Patience)),
        "resume" => WithContainer(options, container => container.Cgroup.Thaw(Patience)),
        "events" => EventsCommand.Run(options),
        "update" => UpdateCommand.Run(options),
        "spec" => SpecCommand.Run(options),
        "features" => FeaturesCommand.Run(),
        "checkpoint" => CheckpointCommand.Checkpoint(options),
        "restore" => CheckpointCommand.Restore(options),
        "version" => Print(Help.Version),
        "help" => Print(Help.Text),
        _ => throw TareException.Invalid($"No help topic for '{options.CommandName}': no such command; see tare-runtime --help"),
    };

    private static int State(GlobalOptions options)
    {
        using ContainerProcess container = ContainerProcess.Open(options.Root, new CommandArguments(options.Rest, [], []).Id);
        Report.Print([.. StateDocument.Write(container.Report()), (byte)'\n']);
        return 0;
    }

    private static int DeleteContainer(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, [], ["--force|-f"]);
        Delete.Run(options.Root, arguments.Id, arguments.Has("--force"), text => Report.Warning(options, text));
        return 0;
    }

    private static int WithContainer(GlobalOptions options, Action<ContainerProcess> action)
    {
        using ContainerProcess container = ContainerProcess.Open(options.Root, new CommandArguments(options.Rest, [], []).Id);
        _ = container.Running();
        action(container);
        return 0;
    }

    private static int Done(Action action)
    {
        action();
        return 0;
    }

    private static int Print(string text)
    {
        Report.Print(text);
        return 0;
    }
}
