using System.Globalization;
using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.Checkpoint;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`checkpoint` writes a container down, `restore` makes one from what is written; both through criu(8).</summary>
internal static class CheckpointCommand
{
    private static readonly string[] Values =
        ["--image-path", "--work-path", "--parent-path", "--status-fd", "--page-server", "--manage-cgroups-mode", "--empty-ns"];

    private static readonly string[] Switches =
    [
        "--leave-running", "--tcp-established", "--tcp-skip-in-flight", "--link-remap", "--ext-unix-sk", "--shell-job", "--lazy-pages", "--file-locks", "--pre-dump", "--auto-dedup",
    ];

    private static readonly string[] RestoreValues =
        ["--console-socket", "--image-path", "--work-path", "--manage-cgroups-mode", "--bundle|-b", "--pid-file", "--empty-ns", "--lsm-profile", "--lsm-mount-context"];

    private static readonly string[] RestoreSwitches =
        ["--tcp-established", "--ext-unix-sk", "--shell-job", "--file-locks", "--detach|-d", "--no-subreaper", "--no-pivot", "--auto-dedup", "--lazy-pages"];

    public static int Checkpoint(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, Switches);
        CheckpointOptions checkpoint = Options(arguments) with
        {
            ParentPath = ParentPath(arguments),
            LeaveRunning = arguments.Has("--leave-running"),
            PreDump = arguments.Has("--pre-dump"),
            TcpSkipInFlight = arguments.Has("--tcp-skip-in-flight"),
            LinkRemap = arguments.Has("--link-remap"),
            PageServer = PageServer(arguments.Value("--page-server")),
            Status = Status(arguments.Value("--status-fd")),
        };
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        Runtime.Checkpoint.Checkpoint.Run(container, checkpoint);
        if (!checkpoint.LeaveRunning && !checkpoint.PreDump)
            Delete.Run(container, text => Report.Warning(options, text));
        return 0;
    }

    public static int Restore(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, RestoreValues, RestoreSwitches);
        CreateOptions create = new()
        {
            Root = options.Root,
            Id = arguments.Id,
            Bundle = Path.GetFullPath(arguments.Value("--bundle") ?? "."),
            ConsoleSocket = arguments.Value("--console-socket"),
            PidFile = arguments.Value("--pid-file"),
            SystemdCgroup = options.SystemdCgroup,
            Rootless = options.Rootless,
            Warn = text => Report.Warning(options, text),
        };
        Bundle bundle = Bundle.Read(create.Bundle);
        bool detach = arguments.Has("--detach");
        CreateCommand.CheckTerminal(bundle.Spec.Process, create.ConsoleSocket, detach);
        if (!detach && !arguments.Has("--no-subreaper"))
            Process.BecomeSubreaper();
        Created created = Runtime.Checkpoint.Restore.Run(create, bundle, Options(arguments) with
        {
            LsmProfile = arguments.Value("--lsm-profile"),
            LsmMountContext = arguments.Value("--lsm-mount-context"),
        });
        return detach ? 0 : CreateCommand.Attend(created, keep: false, create.Warn);
    }

    private static CheckpointOptions Options(CommandArguments arguments)
    {
        foreach (string ns in arguments.Values("--empty-ns"))
            if (ns != "network")
                throw TareException.Invalid($"--empty-ns: namespace \"{ns}\" is not supported, network is");
        return new CheckpointOptions
        {
            ImagePath = Path.GetFullPath(arguments.Value("--image-path") is { Length: > 0 } given ? given : "checkpoint"),
            WorkPath = arguments.Value("--work-path") is { Length: > 0 } work ? Path.GetFullPath(work) : null,
            TcpEstablished = arguments.Has("--tcp-established"),
            ExternalUnixSockets = arguments.Has("--ext-unix-sk"),
            ShellJob = arguments.Has("--shell-job"),
            FileLocks = arguments.Has("--file-locks"),
            AutoDedup = arguments.Has("--auto-dedup"),
            EmptyNetwork = arguments.Values("--empty-ns").Any(),
            LazyPages = arguments.Has("--lazy-pages"),
            ManageCgroupsMode = arguments.Value("--manage-cgroups-mode") ?? "",
        };
    }

    private static string? ParentPath(CommandArguments arguments)
    {
        if (arguments.Value("--parent-path") is not { Length: > 0 } path)
            return null;
        if (Path.IsPathRooted(path))
            throw TareException.Invalid("--parent-path must be relative");
        string images = Path.GetFullPath(arguments.Value("--image-path") is { Length: > 0 } given ? given : "checkpoint");
        return Directory.Exists(Path.Combine(images, path)) ? path
            : throw TareException.Invalid($"invalid --parent-path: stat {Path.Combine(images, path)}: no such directory");
    }

    private static (string, int)? PageServer(string? text)
    {
        if (text is null)
            return null;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || colon == text.Length - 1)
            throw TareException.Invalid("Use --page-server ADDRESS:PORT to specify page server");
        return int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? (text[..colon].Trim('[', ']'), port) : throw TareException.Invalid("Invalid port number");
    }

    private static FileDescriptor? Status(string? text)
    {
        if (text is null or "-1")
            return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !Path.Exists($"/proc/self/fd/{number}"))
            throw TareException.Invalid($"invalid --status-fd argument {text}: bad file descriptor");
        return new FileDescriptor(number, owns: false);
    }
}
