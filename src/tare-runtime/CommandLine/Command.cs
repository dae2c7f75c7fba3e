using System.Text.Json;
using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>The commands, one line each; those with more to them have a file of their own.</summary>
internal static class Command
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static int Run(GlobalOptions options) => options.CommandName switch
    {
        "create" => CreateCommand.Create(options),
        "run" => CreateCommand.Run(options),
        "start" => Done(() => Start.Run(options.Root, new CommandArguments(options.Rest, [], []).Id)),
        "state" => State(options),
        "kill" => Kill(options),
        "delete" => DeleteContainer(options),
        "exec" => ExecCommand.Run(options),
        "list" => List(options),
        "ps" => Processes(options),
        "pause" => WithContainer(options, container => container.Cgroup.Freeze(Patience)),
        "resume" => WithContainer(options, container => container.Cgroup.Thaw(Patience)),
        "spec" => SpecCommand.Run(options),
        "features" => FeaturesCommand.Run(),
        "version" => Print($"tare-runtime version {typeof(Command).Assembly.GetName().Version?.ToString(3)}\nspec: 1.3.0\n"),
        "help" => Print(Help.Text),
        "update" => UpdateCommand.Run(options),
        "checkpoint" or "restore" or "events" => throw new TareException(ErrorKind.NotSupported, $"{options.CommandName} is not supported by this version"),
        _ => throw TareException.Invalid($"no such command: {options.CommandName}; see tare-runtime --help"),
    };

    private static int State(GlobalOptions options)
    {
        using ContainerProcess container = ContainerProcess.Open(options.Root, new CommandArguments(options.Rest, [], []).Id);
        return Print(JsonSerializer.Serialize(container.Report(), ContainerStateJson.Default.ContainerReport) + "\n");
    }

    private static int Kill(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, [], ["--all|-a"], positionalLimit: 1);
        int signal = arguments.Plain.Count > 1 ? SignalName.Parse(arguments.Plain[1].TrimStart('-')) : Process.SIGTERM;
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        if (!arguments.Has("--all"))
            container.Signal(signal);
        else if (signal == Process.SIGKILL)
            container.Cgroup.KillAll(Patience);
        else
            foreach (int pid in container.Cgroup.ReadProcesses())
                _ = Process.TryKill(pid, signal);
        return 0;
    }

    private static int DeleteContainer(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, [], ["--force|-f"]);
        Delete.Run(options.Root, arguments.Id, arguments.Has("--force"));
        return 0;
    }

    private static int List(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, ["--format|-f"], ["--quiet|-q"]);
        List<ContainerReport> reports = [];
        foreach (string directory in Directory.Exists(options.Root) ? Directory.GetDirectories(options.Root) : [])
        {
            if (!File.Exists(Path.Combine(directory, "state.json")))
                continue;
            using ContainerProcess container = ContainerProcess.Open(options.Root, Path.GetFileName(directory));
            reports.Add(container.Report());
        }
        if (arguments.Has("--quiet"))
            return Print(string.Concat(reports.Select(r => r.Id + "\n")));
        if (arguments.Value("--format") == "json")
            return Print(JsonSerializer.Serialize(reports, ContainerStateJson.Default.ListContainerReport) + "\n");
        IEnumerable<string> lines = reports.Select(r => $"{r.Id,-20} {r.Pid,-10} {r.Status,-10} {r.Bundle,-40} {r.Created:yyyy-MM-ddTHH:mm:ssZ}  {r.Owner}\n");
        return Print($"{"ID",-20} {"PID",-10} {"STATUS",-10} {"BUNDLE",-40} {"CREATED",-20}  OWNER\n" + string.Concat(lines));
    }

    private static int Processes(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, ["--format|-f"], [], positionalLimit: 1);
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        List<int> pids = [.. container.Cgroup.ReadProcesses()];
        return Print(arguments.Value("--format") == "json"
            ? JsonSerializer.Serialize(pids, ContainerStateJson.Default.ListInt32) + "\n"
            : string.Concat(pids.Select(pid => $"{pid}\n")));
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
