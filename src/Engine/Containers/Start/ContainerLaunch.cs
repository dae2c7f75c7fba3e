using Tare.Cgroups;
using Tare.Engine.Containers.Cdi;
using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Roles;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime;

namespace Tare.Engine.Containers.Start;

/// <summary>What a launch made that the record must know.</summary>
internal sealed record Launched(int Pid, FileDescriptor PidFd, NetworkSandbox? Sandbox);

/// <summary>A launch that ended in the container's program: the exit code users expect and the reason.</summary>
internal sealed class LaunchException(StartFailure failure) : Exception(failure.Error.Message, failure.Error)
{
    internal StartFailure Failure => failure;
}

/// <summary>
/// One start of a container, from its record to its first process, or from the directory of a checkpoint. Network, cgroup and root file system are made side by
/// side; when anything fails, everything made is unmade.
/// </summary>
internal sealed class ContainerLaunch(ContainerContext context, Container container, string? checkpoint = null)
{
    private readonly RootFilesystem _rootfs = new(context);
    private readonly NetworkFiles _files = new(context);
    private readonly ContainerLinks _links = new(context);
    private readonly UndoStack _undo = new();
    private readonly ContainerRecord _record = container.Record;
    private CdiEdits? _cdi;

    /// <summary>The table of contents of a start. The caller holds the container's lock.</summary>
    internal async Task<Launched> RunAsync()
    {
        Task<NetworkSandbox?>? network = null;
        Task<ContainerCgroup>? cgroup = null;
        try
        {
            _links.CheckRunning(_record);
            using UserNamespace? users = UserNamespace.Create(_record);
            using NamespaceChoice namespaces = NamespaceChoice.Open(context.Store, _record.HostConfig);
            if (users is not null)
                namespaces.Add("user", users.Users.Duplicate());
            network = Task.Run(() => OpenNetworkAsync(users));
            DeviceChoice devices = ChooseDevices();
            cgroup = Task.Run(() => MakeCgroup(devices));
            await MountVolumesAsync();
            // Files are bound by what they are, not by their names, where ids are mapped: they must be there.
            if (users is not null)
                _files.Write(_record, await network);
            using PreparedMounts mounts = PreparedMounts.Prepare(context, _record, users);
            using FileDescriptor root = _rootfs.Open(_record, users);
            using CgroupEntry entry = (await cgroup).OpenEntry();
            if (checkpoint is not null)
                return await RestoreAsync(checkpoint, root, entry, namespaces, mounts, await network);
            List<FileDescriptor> sources = [];
            CompiledContainer compiled = Compile(root, devices, await cgroup, entry, namespaces, mounts, sources);
            using FileDescriptor program = compiled.Program.ToMemoryFile();
            NetworkSandbox? sandbox = await network;
            using FileDescriptor? netns = sandbox?.Namespace;
            _files.Write(_record, sandbox);
            return await SpawnAsync(compiled, program, root, entry, namespaces, sandbox, sources);
        }
        catch (Exception)
        {
            await SettleAsync(network);
            await SettleAsync(cgroup);
            // A namespace lives, and its link with it, as long as anybody has a descriptor of it.
            if (network is { IsCompletedSuccessfully: true })
                network.Result?.Namespace.Dispose();
            _ = await _undo.RunAsync();
            throw;
        }
    }

    /// <summary>The program that <see cref="RunAsync"/> would hand over, without a network and without running it; what it needs to look at is unmade.</summary>
    internal async Task<CompiledContainer> CompileAsync()
    {
        try
        {
            using NamespaceChoice namespaces = NamespaceChoice.Open(context.Store, _record.HostConfig);
            DeviceChoice devices = ChooseDevices();
            ContainerCgroup cgroup = MakeCgroup(devices);
            await MountVolumesAsync();
            using UserNamespace? users = UserNamespace.Create(_record);
            if (users is not null)
                _files.Write(_record, null);
            using PreparedMounts mounts = PreparedMounts.Prepare(context, _record, users);
            using FileDescriptor root = _rootfs.Open(_record, users);
            using CgroupEntry entry = cgroup.OpenEntry();
            return Compile(root, devices, cgroup, entry, namespaces, mounts, []);
        }
        finally
        {
            _ = await _undo.RunAsync();
        }
    }

    private DeviceChoice ChooseDevices()
    {
        _cdi = CdiEdits.Of(context.CdiSpecDirs, _record.HostConfig);
        return _cdi.ApplyTo(DeviceChoice.Choose(_record.HostConfig));
    }

    private async Task<NetworkSandbox?> OpenNetworkAsync(UserNamespace? users)
    {
        if (!NetworkChoice.HasSandbox(_record))
            return null;
        NetworkSandbox sandbox = await context.Networks.OpenAsync(NetworkChoice.Request(context, _record) with { Namespace = users?.Network });
        _undo.Push(() => context.Networks.CloseAsync(_record.Id));
        return sandbox;
    }

    private ContainerCgroup MakeCgroup(DeviceChoice devices)
    {
        ContainerCgroup cgroup = ContainerCgroup.Create(context.Cgroups, context.CgroupPath(_record), ResourceChoice.ToLimits(_record.HostConfig, devices.Rules) with { EveryTree = _record.HostConfig.Privileged });
        _undo.Push(() =>
        {
            // When the keeper died meanwhile, a process may be in it that nobody heard of.
            cgroup.KillAll(TimeSpan.FromSeconds(2));
            cgroup.Delete(TimeSpan.FromSeconds(2));
        });
        return cgroup;
    }

    private async Task MountVolumesAsync()
    {
        foreach (MountRecord mount in _record.Mounts)
        {
            if (mount.Kind != MountKind.Volume)
            {
                CheckBind(mount);
                continue;
            }
            await context.Volumes.MountAsync(mount.VolumeName!, _record.Id);
            _undo.Push(() => context.Volumes.UnmountAsync(mount.VolumeName!, _record.Id));
        }
    }

    private static void CheckBind(MountRecord mount)
    {
        if (mount.Kind == MountKind.Bind && !Path.Exists(mount.Source))
            throw TareException.Invalid($"invalid mount config for type \"bind\": bind source path does not exist: {mount.Source}");
    }

    private CompiledContainer Compile(FileDescriptor root, DeviceChoice devices, ContainerCgroup cgroup, CgroupEntry entry, NamespaceChoice namespaces,
        PreparedMounts mounts, List<FileDescriptor> sources)
    {
        ContainerUser user = ContainerUser.Resolve(root, _record.Config.User, _record.HostConfig.GroupAdd ?? []);
        HashSet<string> joined = Joined(namespaces);
        RuntimeSpec spec = ContainerSpec.Build(_record, user, context.Paths, devices.Nodes, joined, NetworkChoice.FilesOf(context, _record),
            _links.Environment(_record));
        _cdi?.ApplyTo(spec);
        if (joined.Contains("user"))
            spec.Linux!.Namespaces!.Add(new NamespaceSpec { Type = "user", Path = "made before" });
        // Passed descriptors: root, cgroup files, namespaces in the order of `joined`, then prepared mounts.
        int next = 1 + entry.TaskFiles.Count;
        Dictionary<string, int> join = JoinOrder(namespaces, joined).ToDictionary(type => type, _ => next++);
        (Dictionary<int, int> places, Dictionary<int, bool> directories) = mounts.HandOver(spec.Mounts!, sources);
        return ContainerCompiler.Compile(spec, new CompileContext
        {
            Root = 0,
            // The way to the engine's own directory may be closed to the container's ids.
            Anchor = _record.Users is null ? context.Paths.Anchor : "/",
            CgroupProcs = [.. Enumerable.Range(1, entry.TaskFiles.Count)],
            Join = join,
            Sources = places.ToDictionary(place => place.Key, place => place.Value + next),
            SourceDirectories = directories,
            CgroupMounts = CgroupConfiguration.Mounts(context.Cgroups, cgroup),
            SeccompFilter = SeccompChoice.Choose(_record.HostConfig, spec.Process!.Capabilities!.Permitted!),
            Supervise = _record.HostConfig.Init == true,
            NullStreams = _record.Config.OpenStdin ? [] : [0],
            OwnsStandardStreams = !_record.Config.Tty && _record.Users is null,
            StreamOwner = _record.Users is { } range ? (range.Base + user.Uid, range.Base + user.Gid) : null,
        });
    }

    /// <summary>Types of namespaces that are there already.</summary>
    private HashSet<string> Joined(NamespaceChoice namespaces)
    {
        HashSet<string> joined = namespaces.Types;
        if (NetworkChoice.HasSandbox(_record))
            _ = joined.Add("network");
        return joined;
    }

    /// <summary>The engine's own network namespace is not open yet when the program is compiled; its place is.</summary>
    private static IEnumerable<string> JoinOrder(NamespaceChoice namespaces, HashSet<string> joined) => namespaces.Joined.Keys.Union(joined).Order(StringComparer.Ordinal);

    private async Task<Launched> SpawnAsync(CompiledContainer compiled, FileDescriptor program, FileDescriptor root, CgroupEntry entry,
        NamespaceChoice namespaces, NetworkSandbox? sandbox, List<FileDescriptor> sources)
    {
        using LogChoice? log = LogChoice.Open(context, _record);
        HashSet<string> joined = Joined(namespaces);
        IEnumerable<FileDescriptor> nsfs = JoinOrder(namespaces, joined).Select(type => namespaces.Joined.TryGetValue(type, out FileDescriptor? fd) ? fd : sandbox!.Namespace);
        SpawnOutcome outcome = await context.Keeper.SpawnAsync(new SpawnRequest
        {
            Key = _record.Id,
            Program = program,
            Namespaces = compiled.Namespaces,
            Stdio = (_record.Config.Tty ? StdioFlags.Terminal : 0) | (_record.Config.OpenStdin ? StdioFlags.Input : 0),
            WindowSize = WindowSize(),
            Passed = [root, .. entry.TaskFiles, .. nsfs, .. sources],
            Cgroup = entry.CloneInto,
            PidNamespaceOf = namespaces.PidNamespaceOf,
            Log = log?.Target,
        });
        return outcome.Started
            ? new Launched(outcome.Pid, outcome.PidFd!, sandbox)
            : throw new LaunchException(outcome.FailedOperation < 0
                ? new StartFailure(125, TareException.Internal($"start container {_record.Id}: {outcome.Errno.Describe()}"))
                : compiled.Explain(outcome.FailedOperation, outcome.Errno));
    }

    private async Task<Launched> RestoreAsync(string images, FileDescriptor root, CgroupEntry entry, NamespaceChoice namespaces, PreparedMounts mounts, NetworkSandbox? sandbox)
    {
        using FileDescriptor? netns = sandbox?.Namespace;
        _files.Write(_record, sandbox);
        LaunchParts parts = new(root, entry, mounts, netns ?? namespaces.Joined.GetValueOrDefault("network"));
        (int pid, FileDescriptor pidFd) = await new RestoredProcess(context, _record, WindowSize()).StartAsync(images, parts);
        return new Launched(pid, pidFd, sandbox);
    }

    private (ushort Rows, ushort Columns) WindowSize() =>
        container.WindowSize != default ? container.WindowSize
        : _record.HostConfig.ConsoleSize is [var height, var width] ? ((ushort)height, (ushort)width) : default;

    private static async Task SettleAsync(Task? task)
    {
        if (task is not null)
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }
}
