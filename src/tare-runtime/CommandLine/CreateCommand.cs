using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`create`, and `run`, which is create, start, wait and delete in one.</summary>
internal static class CreateCommand
{
    private static readonly string[] Values = ["--bundle|-b", "--console-socket", "--pid-file", "--preserve-fds"];

    public static int Create(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, ["--no-pivot", "--no-new-keyring"]);
        CreateOptions create = Options(options, arguments);
        Launched launched = Lifecycle.Create.Run(create, Lifecycle.Create.ReadSpec(create.Bundle));
        launched.PidFd.Dispose();
        launched.Terminal?.Dispose();
        return 0;
    }

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, ["--detach|-d", "--keep", "--no-pivot", "--no-new-keyring", "--no-subreaper"]);
        CreateOptions create = Options(options, arguments);
        RuntimeSpec spec = Lifecycle.Create.ReadSpec(create.Bundle);
        bool detach = arguments.Has("--detach");
        if (!detach && spec.Process?.Terminal == true && create.ConsoleSocket is null)
            throw new TareException(ErrorKind.NotSupported, "a terminal in the foreground is not supported by this version; use --console-socket with --detach");
        Launched launched = Lifecycle.Create.Run(create, spec);
        Start.Run(create.Root, create.Id);
        if (detach)
            return 0;
        SignalForward.To(launched.PidFd);
        Errno errno = Process.TryReap(launched.PidFd, wait: true, out ExitStatus status);
        if (errno != Errno.None)
            throw new SyscallException("waitid", errno);
        if (!arguments.Has("--keep"))
            Delete.Run(create.Root, create.Id, force: true);
        return status.ShellCode;
    }

    private static CreateOptions Options(GlobalOptions options, CommandArguments arguments)
    {
        if (arguments.Has("--no-pivot"))
            throw new TareException(ErrorKind.NotSupported, "--no-pivot is not supported: it leaves the host's files reachable");
        return new CreateOptions
        {
            Root = options.Root,
            Id = arguments.Id,
            Bundle = Path.GetFullPath(arguments.Value("--bundle") ?? "."),
            ConsoleSocket = arguments.Value("--console-socket"),
            PidFile = arguments.Value("--pid-file"),
            NewKeyring = !arguments.Has("--no-new-keyring"),
            PreservedDescriptors = int.TryParse(arguments.Value("--preserve-fds"), out int count) ? count : 0,
        };
    }
}
