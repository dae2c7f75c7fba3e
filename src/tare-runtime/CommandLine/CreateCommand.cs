using System.Globalization;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`create`, and `run`, which is create, start, wait and delete in one.</summary>
internal static class CreateCommand
{
    private static readonly string[] Values = ["--bundle|-b", "--console-socket", "--pid-file", "--pidfd-socket", "--preserve-fds"];

    public static int Create(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, ["--no-pivot", "--no-new-keyring"]);
        CreateOptions create = Options(options, arguments);
        Bundle bundle = Bundle.Read(create.Bundle);
        CheckTerminal(bundle.Spec.Process, create.ConsoleSocket, detach: true);
        Start(options, create with { PreservedDescriptors = Preserved(arguments, bundle.Spec.Process) }, bundle).Process.PidFd.Dispose();
        return 0;
    }

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, ["--detach|-d", "--keep", "--no-pivot", "--no-new-keyring", "--no-subreaper"]);
        CreateOptions create = Options(options, arguments);
        Bundle bundle = Bundle.Read(create.Bundle);
        bool detach = arguments.Has("--detach");
        CheckTerminal(bundle.Spec.Process, create.ConsoleSocket, detach);
        if (!detach && !arguments.Has("--no-subreaper"))
            Process.BecomeSubreaper();
        Created created = Start(options, create with { PreservedDescriptors = Preserved(arguments, bundle.Spec.Process), StartsAtOnce = true }, bundle);
        try
        {
            if (!created.HasStarted)
                Lifecycle.Start.Run(ContainerProcess.Of(created, created.Process.PidFd));
            Trace.Released(options);
        }
        catch
        {
            Delete.Run(create.Root, create.Id, force: true, create.Warn);
            throw;
        }
        return detach ? 0 : Attend(created, arguments.Has("--keep"), create.Warn);
    }

    /// <summary>Stays in front of a container until it ends, and then removes it unless it is to be kept; the exit code is its own.</summary>
    public static int Attend(Created created, bool keep, Action<string> warn)
    {
        ExitStatus status = Foreground.Wait(created.Process);
        // Another call may have removed it, and its name may be somebody else's by now.
        if (!keep && created.Directory.HasState)
            Delete.Run(ContainerProcess.Of(created, pidfd: null), warn);
        return status.ShellCode;
    }

    /// <summary>Who keeps the terminal: a console socket when the process stays behind, else this process.</summary>
    public static void CheckTerminal(ProcessSpec? process, string? socket, bool detach)
    {
        if (process?.Terminal == true && detach && socket is null)
            throw TareException.Invalid("cannot allocate tty if runc will detach without setting console socket");
        if (socket is not null && (process?.Terminal != true || !detach))
            throw TareException.Invalid("cannot use console socket if runc will not detach or allocate tty");
    }

    /// <summary>--preserve-fds, and descriptors that a service manager has passed (sd_listen_fds(3)) with the variables that say so.</summary>
    public static int Preserved(CommandArguments arguments, ProcessSpec? process)
    {
        int count = 0;
        if (arguments.Value("--preserve-fds") is { } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count > 64))
            throw TareException.Invalid($"--preserve-fds: \"{text}\" is not a number up to 64");
        if (!int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int listen) || listen is 0 or > 64)
            return count;
        if (process is not null)
            process.Env = [.. process.Env ?? [], $"LISTEN_FDS={listen}", "LISTEN_PID=1"];
        return count + listen;
    }

    private static Created Start(GlobalOptions options, CreateOptions create, Bundle bundle)
    {
        try
        {
            Trace.Setup(options, create, bundle.Spec);
            Created created = Lifecycle.Create.Run(create, bundle);
            Trace.Made(options, created.Process.Pid);
            return created;
        }
        catch (Exception e) when (e is SyscallException or IOException or UnauthorizedAccessException)
        {
            throw TareException.Internal("unable to start container process", e);
        }
    }

    private static CreateOptions Options(GlobalOptions options, CommandArguments arguments) => new()
    {
        Root = options.Root,
        Id = arguments.Id,
        Bundle = Path.GetFullPath(arguments.Value("--bundle") ?? "."),
        ConsoleSocket = arguments.Value("--console-socket"),
        PidFile = arguments.Value("--pid-file"),
        PidFdSocket = arguments.Value("--pidfd-socket"),
        NewKeyring = !arguments.Has("--no-new-keyring"),
        NoPivot = arguments.Has("--no-pivot"),
        SystemdCgroup = options.SystemdCgroup,
        Rootless = options.Rootless,
        Warn = text => Report.Warning(options, text),
    };
}
