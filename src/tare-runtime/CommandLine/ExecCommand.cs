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
    private static readonly string[] Values = ["--process|-p", "--cwd", "--env|-e", "--user|-u", "--additional-gids|-g", "--pid-file", "--cap|-c"];

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, ["--detach|-d", "--tty|-t", "--no-new-privs"], positionalLimit: 1);
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        FileDescriptor target = container.Running();
        if (container.Status == "paused")
            throw new TareException(ErrorKind.Conflict, "cannot exec in a paused container");
        ProcessSpec process = arguments.Value("--process") is { } file ? ReadProcess(file) : FromArguments(arguments, container);
        if (process.Terminal)
            throw new TareException(ErrorKind.NotSupported, "a terminal for exec is not supported by this version");
        using CgroupEntry entry = container.Cgroup.OpenEntry();
        CompiledContainer compiled = ExecCompiler.Compile(process, new ExecContext
        {
            Target = 0,
            Namespaces = (container.State.Namespaces & ~Sched.CLONE_NEWPID) | Sched.CLONE_NEWCGROUP,
            CgroupProcs = [.. Enumerable.Range(1, entry.TaskFiles.Count)],
        });
        bool joinsPids = (container.State.Namespaces & Sched.CLONE_NEWPID) != 0;
        Launched launched = Launch.Start(compiled, [target, .. entry.TaskFiles], entry.CloneInto, joinsPids ? target : null, terminal: false);
        if (arguments.Value("--pid-file") is { } pidFile)
            File.WriteAllText(pidFile, launched.Pid.ToString());
        if (arguments.Has("--detach"))
            return 0;
        SignalForward.To(launched.PidFd);
        _ = Process.TryReap(launched.PidFd, wait: true, out ExitStatus status);
        return status.ShellCode;
    }

    private static ProcessSpec ReadProcess(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RuntimeSpecJson.Default.ProcessSpec) ?? throw TareException.Invalid($"{path} is null");
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is not a valid process", e);
        }
    }

    /// <summary>The container's own process with another command and what the options change.</summary>
    private static ProcessSpec FromArguments(CommandArguments arguments, ContainerProcess container)
    {
        if (arguments.Plain.Count < 2)
            throw TareException.Invalid("process args cannot be empty");
        ProcessSpec process = Create.ReadSpec(container.State.Bundle).Process ?? new ProcessSpec();
        process.Args = [.. arguments.Plain.Skip(1)];
        process.Env = [.. process.Env ?? [], .. arguments.Values("--env")];
        process.Cwd = arguments.Value("--cwd") ?? process.Cwd;
        process.Terminal = arguments.Has("--tty");
        process.NoNewPrivileges |= arguments.Has("--no-new-privs");
        if (arguments.Value("--user") is { } user)
            process.User = ParseUser(user);
        return process;
    }

    private static UserSpec ParseUser(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length <= 2 && uint.TryParse(parts[0], out uint uid) && uid <= int.MaxValue)
        {
            uint gid = 0;
            if (parts.Length == 1 || (uint.TryParse(parts[1], out gid) && gid <= int.MaxValue))
                return new UserSpec { Uid = uid, Gid = gid };
        }
        throw TareException.Invalid($"--user \"{text}\" is not UID or UID:GID in numbers");
    }
}
