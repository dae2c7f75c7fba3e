using System.Globalization;
using System.Text.Json;
using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`exec`: one more process in a running container.</summary>
internal static class ExecCommand
{
    /// <summary>Exit code when the process could not be started.</summary>
    public const int Failed = 255;

    private static readonly string[] Values =
    [
        "--process|-p", "--cwd", "--env|-e", "--user|-u", "--additional-gids|-g", "--pid-file", "--pidfd-socket", "--cap|-c", "--console-socket", "--preserve-fds",
        "--process-label", "--apparmor", "--cgroup",
    ];

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, ["--detach|-d", "--tty|-t", "--no-new-privs", "--ignore-paused"], positionalLimit: 1);
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        _ = container.Running();
        RuntimeSpec spec = container.Directory.LoadConfiguration();
        ProcessSpec process = arguments.Value("--process") is { } file ? ReadProcess(file) : FromArguments(arguments, spec);
        bool detach = arguments.Has("--detach");
        CreateCommand.CheckTerminal(process, arguments.Value("--console-socket"), detach);
        Launched launched = Start(options, arguments, container, spec, process);
        if (!detach)
            return Foreground.Wait(launched).ShellCode;
        launched.PidFd.Dispose();
        return 0;
    }

    private static Launched Start(GlobalOptions options, CommandArguments arguments, ContainerProcess container, RuntimeSpec spec, ProcessSpec process)
    {
        try
        {
            Trace.Joining(options, arguments.Id, process);
            Launched launched = Exec.Run(container, spec, process, new ExecOptions
            {
                ConsoleSocket = arguments.Value("--console-socket"),
                PidFile = arguments.Value("--pid-file"),
                PidFdSocket = arguments.Value("--pidfd-socket"),
                PreservedDescriptors = CreateCommand.Preserved(arguments, process),
                IgnorePaused = arguments.Has("--ignore-paused"),
                SubGroups = SubGroups.Parse(arguments.Values("--cgroup")),
                Warn = text => Report.Warning(options, text),
            });
            Trace.Joined(options, launched.Pid);
            return launched;
        }
        catch (Exception e) when (e is SyscallException or IOException or UnauthorizedAccessException)
        {
            throw TareException.Internal("unable to start container process", e);
        }
    }

    private static ProcessSpec ReadProcess(string path)
    {
        try
        {
            return ProcessSpec.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is not a valid process", e);
        }
    }

    /// <summary>The container's own process with another command and what the options change.</summary>
    private static ProcessSpec FromArguments(CommandArguments arguments, RuntimeSpec spec)
    {
        if (arguments.Plain.Count < 2)
            throw TareException.Invalid("process args cannot be empty");
        ProcessSpec process = spec.Process ?? new ProcessSpec();
        process.Args = [.. arguments.Plain.Skip(1)];
        process.Env = [.. process.Env ?? [], .. arguments.Values("--env")];
        process.Cwd = arguments.Value("--cwd") ?? process.Cwd;
        process.Terminal = arguments.Has("--tty");
        process.ConsoleSize = null;
        process.NoNewPrivileges |= arguments.Has("--no-new-privs");
        process.ApparmorProfile = arguments.Value("--apparmor") ?? process.ApparmorProfile;
        process.SelinuxLabel = arguments.Value("--process-label") ?? process.SelinuxLabel;
        if (arguments.Value("--user") is { } user)
            SetUser(process.User, user);
        foreach (string group in arguments.Values("--additional-gids").SelectMany(g => g.Split(',')))
            process.User.AdditionalGids = [.. process.User.AdditionalGids ?? [], Id(group, "--additional-gids")];
        AddCapabilities(process, arguments.Values("--cap"));
        return process;
    }

    private static void SetUser(UserSpec user, string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > 2)
            throw TareException.Invalid($"--user \"{text}\" is not UID or UID:GID in numbers");
        user.Uid = Id(parts[0], "--user");
        if (parts.Length == 2)
            user.Gid = Id(parts[1], "--user");
    }

    private static uint Id(string text, string option) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id <= int.MaxValue
            ? id : throw TareException.Invalid($"{option} \"{text}\" is not a number from 0 to {int.MaxValue}");

    private static void AddCapabilities(ProcessSpec process, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return;
        CapabilitiesSpec sets = process.Capabilities ??= new CapabilitiesSpec();
        sets.Bounding = [.. sets.Bounding ?? [], .. names];
        sets.Effective = [.. sets.Effective ?? [], .. names];
        sets.Permitted = [.. sets.Permitted ?? [], .. names];
        if (sets.Ambient is { Count: > 0 } ambient)
            sets.Ambient = [.. ambient, .. names.Where(n => sets.Inheritable?.Contains(n) == true)];
    }
}
