using Tare.Cgroups;
using Tare.Engine.Containers;
using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Execs;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime;
using Tare.Runtime.Checkpoint;

namespace Tare.Engine.Execs;

/// <summary>Makes the process of an exec: who it is, what it may do, and the program that joins the container.</summary>
internal sealed class ExecLaunch(ContainerContext context)
{
    /// <summary>Spawns it; a failure is returned with the exit code users expect.</summary>
    internal async Task<StartFailure?> RunAsync(Exec exec, (ushort Rows, ushort Columns) size)
    {
        Container container = exec.Container;
        // A pause in the middle would freeze what is not the command yet, and the keeper waits for that.
        using AsyncLock.Releaser held = await container.Lock.EnterAsync();
        ContainerRecord record = container.Record;
        ExecCreate.CheckRuns(container, container.Id);
        FileDescriptor pidFd = container.PidFd ?? throw TareException.Conflict($"container {container.Id} is not running");
        ContainerCgroup cgroup = ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record));
        if (cgroup.IsFrozen)
            throw TareException.Conflict($"Container {container.Id} is frozen, though nobody has paused it here: thaw its cgroup before exec");
        ProcessSpec process = Describe(container, exec.Request);
        using CgroupEntry entry = cgroup.OpenEntry(first: container.State.ProcessId);
        // criu keeps the clocks of what it restores in a namespace.
        bool hasClocks = Restore.HasTimeNamespace(container.State.ProcessId);
        CompiledContainer compiled = ExecCompiler.Compile(process, new ExecContext
        {
            Target = 0,
            Namespaces = OwnNamespaces(record) | (hasClocks ? Sched.CLONE_NEWTIME | Sched.CLONE_NEWPID : 0),
            CgroupProcs = [.. Enumerable.Range(1, entry.TaskFiles.Count)],
            SeccompFilter = exec.Request.Privileged ? null : SeccompChoice.Choose(record.HostConfig, process.Capabilities!.Permitted!),
            OwnsStandardStreams = !exec.Request.Tty && record.Users is null,
            StreamOwner = record.Users is { } range ? (range.Base + process.User.Uid, range.Base + process.User.Gid) : null,
        });
        using FileDescriptor program = compiled.Program.ToMemoryFile();
        SpawnOutcome outcome = await context.Keeper.SpawnAsync(new SpawnRequest
        {
            Key = exec.Id,
            Program = program,
            Namespaces = compiled.Namespaces,
            Stdio = (exec.Request.Tty ? StdioFlags.Terminal : 0) | (exec.Request.AttachStdin ? StdioFlags.Input : 0),
            WindowSize = size,
            Passed = [pidFd, .. entry.TaskFiles],
            Cgroup = entry.CloneInto,
            // Namespaces of users and of time are entered by the program itself, and the pid namespace with them.
            PidNamespaceOf = record.HostConfig.PidMode == "host" || record.Users is not null || hasClocks ? null : pidFd,
        });
        if (outcome.Started)
        {
            exec.Run(outcome.Pid, outcome.PidFd!);
            return null;
        }
        return outcome.FailedOperation < 0
            ? new StartFailure(126, TareException.Internal($"exec in container {record.Id}: {outcome.Errno.Describe()}"))
            : AsExec(compiled.Explain(outcome.FailedOperation, outcome.Errno), outcome.Errno);
    }

    /// <summary>A container that does not start gives 125 for what is not the command's fault; an exec has 127 for what does not exist, else 126.</summary>
    private static StartFailure AsExec(StartFailure failure, Errno errno) =>
        failure.ExitCode == 125 ? failure with { ExitCode = errno is Errno.ENOENT or Errno.ENOTDIR ? 127 : 126 } : failure;

    private ProcessSpec Describe(Container container, ExecCreateRequest request)
    {
        (ContainerConfig config, HostConfig host) = (container.Record.Config, container.Record.HostConfig);
        using FileDescriptor root = new RootFilesystem(context).Open(container);
        ContainerUser user = ContainerUser.Resolve(root, request.User.Length > 0 ? request.User : config.User, host.GroupAdd ?? []);
        List<string> environment = ContainerEnvironment.Build(config.Env, ContainerSpec.Hostname(container.Record), request.Tty, user.Home,
            new ContainerLinks(context).Environment(container.Record));
        List<string> capabilities = request.Privileged ? CapabilityChoice.All : CapabilityChoice.Choose(host);
        return new ProcessSpec
        {
            Terminal = request.Tty,
            User = new UserSpec { Uid = user.Uid, Gid = user.Gid, AdditionalGids = [.. user.Groups] },
            Args = [.. request.Cmd!],
            Env = ContainerEnvironment.Merge(environment, request.Env),
            Cwd = request.WorkingDir.Length > 0 ? request.WorkingDir : config.WorkingDir.Length > 0 ? config.WorkingDir : "/",
            Capabilities = CapabilityChoice.Sets(capabilities),
            Rlimits = ContainerSpec.Limits(host),
            OomScoreAdj = host.OomScoreAdj,
            NoNewPrivileges = SecurityOptions.Parse(host.SecurityOpt).NoNewPrivileges,
        };
    }

    private static ulong OwnNamespaces(ContainerRecord record) =>
        OwnNamespaces(record.HostConfig) | (record.Users is null ? 0 : Sched.CLONE_NEWUSER | Sched.CLONE_NEWPID);

    private static ulong OwnNamespaces(HostConfig host) =>
        Sched.CLONE_NEWNS
        | (host.NetworkMode == "host" ? 0 : Sched.CLONE_NEWNET)
        | (host.IpcMode == "host" ? 0 : Sched.CLONE_NEWIPC)
        | (host.UTSMode == "host" ? 0 : Sched.CLONE_NEWUTS)
        | (host.CgroupnsMode == "host" ? 0 : Sched.CLONE_NEWCGROUP);
}
