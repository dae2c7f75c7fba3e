using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>One container on its way: what has been made so far, in the order it is made, so that a failure can take it back.</summary>
internal sealed class Creation(CreateOptions options, Bundle bundle, ContainerDirectory directory) : IDisposable
{
    private readonly RuntimeSpec _spec = bundle.Spec;
    private readonly List<FileDescriptor> _passed = [];
    private readonly string _rootfs = Path.GetFullPath(Path.Combine(options.Bundle, bundle.Spec.Root!.Path));
    private readonly bool _isUser = Privilege.IsUser;
    private NewNetwork? _network;
    private FileDescriptor? _release;
    private ulong _mountBelow;
    private ContainerGroup? _group;
    private ContainerState? _prepared;
    private readonly ResourceControl? _classes = ResourceControl.Of(bundle.Spec.Linux?.IntelRdt, options.Id);

    /// <summary>The root file system's place on the host.</summary>
    public string Rootfs => _rootfs;

    /// <summary>
    /// True when nothing is left to do between the container's preparation and its start: it then waits for its spawner's part alone, which is mostly done before its own, and
    /// neither wakes the other up.
    /// </summary>
    public bool StartsAtOnce => options is { StartsAtOnce: true, ConsoleSocket: null, PidFile: null, PidFdSocket: null } && !MayChange && !HasStartHooks;

    private bool StopsForHooks => new[] { _spec.Hooks?.Prestart, _spec.Hooks?.CreateRuntime, _spec.Hooks?.CreateContainer }.Any(h => h is { Count: > 0 });

    private bool HasStartHooks => _spec.Hooks?.StartContainer is { Count: > 0 } || _spec.Hooks?.Poststart is { Count: > 0 };

    private ulong Kinds => ContainerCompiler.NamespaceKinds(_spec) & ~(_mountBelow != 0 ? Sched.CLONE_NEWNS : 0);

    /// <summary>True when the first process is not the container's, or hooks run before the container is what its state says.</summary>
    private bool MayChange => StopsForHooks || ContainerCompiler.Moves(_spec);

    /// <summary>Makes the container's group, which <see cref="Undo"/> removes.</summary>
    public void MakeGroup() => _group = ContainerGroup.Create(options, _spec);

    /// <summary>Puts a process, and so what it will start, into the container's class of resource control.</summary>
    public void JoinClasses(int pid) => _classes?.Apply(pid);

    /// <summary>What a process needs to be born in the group, whose device filter is now in force.</summary>
    public CgroupEntry? OpenGroup()
    {
        _group!.Cgroup?.ApplyFilter();
        return _group.Cgroup?.OpenEntry();
    }

    /// <summary>The steps of create, up to a process that waits at its gate.</summary>
    public Launched Start()
    {
        MountTargets.BelowRoot(_spec, _rootfs);
        _network = WantsNetwork() ? NewNetwork.TryStart() : null;
        if (SharedMounts.AreWanted(_spec) && !_isUser)
            _mountBelow = SharedMounts.Below(_rootfs);
        MakeGroup();
        using CgroupEntry? entry = _group!.Cgroup?.OpenEntry();
        CompileContext context = new()
        {
            Root = Pass(_isUser ? Fcntl.Open("/dev/null", Fcntl.O_RDONLY) : Mount.CloneTree(_rootfs, recursive: true)),
            RootlessRoot = _isUser ? _rootfs : null,
            StartGate = Pass(StartsAtOnce ? _release = Eventfd.Create() : MakeGate(directory.Gate)),
            CgroupProcs = [.. (entry?.TaskFiles ?? []).Select(Pass)],
            Anchor = Anchor(),
            CgroupMounts = _group.Mounts(),
            SharesMounts = _mountBelow != 0,
            NewKeyring = options.NewKeyring,
            NoPivot = options.NoPivot,
            KeepsNewlines = options.ConsoleSocket is null,
            KernelMounts = options.NoPivot ? KernelMounts.OfHost() : [],
            BindsDevices = Privilege.IsInUserNamespace,
            StopsForHooks = StopsForHooks,
            OwnedStreams = StandardStreams.ToOwn(_spec.Process!),
            NullStreams = StandardStreams.Null(_spec.Process!),
        };
        MountSources sources = new(_spec, _rootfs, _passed[context.Root], _isUser);
        context = context with
        {
            Sources = sources.Prepare(_passed),
            InnerSources = sources.Inner(),
            Preserved = [.. CreateOptions.Inherited(options.PreservedDescriptors).Select(Pass)],
        };
        if (!_isUser)
        {
            HomeDirectory.Complete(_spec.Process!, _passed[context.Root]);
            MountTargets.Complete(_spec, _passed[context.Root]);
        }
        (Dictionary<string, int> join, FileDescriptor? pidNamespace) = OpenNamespaces();
        context = context with { Join = join };
        CompiledContainer compiled = ContainerCompiler.Compile(_spec, _network is null ? context : context with { Network = _passed.Count });
        // Late, for it is made meanwhile. What has kept it from being made is told when the process is to be born into one.
        if (_network?.Take() is { } network)
            _ = Pass(network);
        else if (_network is not null)
            compiled = ContainerCompiler.Compile(_spec, context);
        return Launch.Start(compiled, new LaunchOptions
        {
            Passed = _passed,
            Cgroup = entry?.CloneInto,
            PidNamespace = pidNamespace,
            Terminal = _spec.Process!.Terminal,
            MapUsers = pid => IdMaps.Write(pid, _spec.Linux!.UidMappings, _spec.Linux.GidMappings),
            OpenSource = (pid, mount) => sources.Open(pid, mount, atRoot: context.Anchor == "/"),
            MoveDevices = pid => NetworkDevices.Move(_spec.Linux!.NetDevices!, pid),
            RunHooks = pid => RunHooks(pid, context.Anchor),
            Meanwhile = WriteDown,
            TakeListener = (pid, listener) => SeccompAgent.Send(_spec, StateOf("creating", pid), pid, listener),
        });
    }

    /// <summary>Writes the container's state for everybody to see.</summary>
    public ContainerState Commit(int pid)
    {
        if (_prepared is null)
            directory.Save(_prepared = State(pid, creating: false));
        else
            directory.Commit();
        return _prepared;
    }

    /// <summary>What is written down of a process that criu has made.</summary>
    public ContainerState Restored(int pid, bool hasTimeNamespace)
    {
        ContainerState state = State(pid, creating: false);
        return hasTimeNamespace ? state with { Namespaces = state.Namespaces | Sched.CLONE_NEWTIME } : state;
    }

    /// <summary>The hooks that run outside the container, when its namespaces are there.</summary>
    public void RunRuntimeHooks(int pid)
    {
        HookState state = StateOf("creating", pid);
        Hooks.Run("prestart", _spec.Hooks?.Prestart, state);
        Hooks.Run("createRuntime", _spec.Hooks?.CreateRuntime, state);
    }

    /// <summary>While the process makes its namespaces and mounts, the other processor writes what can be known already.</summary>
    private void WriteDown(int pid)
    {
        _group?.Cgroup?.ApplyFilter();
        _classes?.Apply(pid);
        SmallFile.Write(directory.Configuration, bundle.Document);
        if (!MayChange)
            directory.Prepare(_prepared = State(pid, creating: false));
        if (_release is not null)
            Eventfd.Signal(_release);
    }

    private ContainerState State(int pid, bool creating) => new()
    {
        OciVersion = _spec.OciVersion,
        Id = options.Id,
        Pid = pid,
        StartTime = ContainerProcess.StartTimeOf(pid) ?? 0,
        Bundle = Path.GetFullPath(options.Bundle),
        Rootfs = _rootfs,
        Created = DateTime.UtcNow,
        Cgroup = _group?.Cgroup?.Path ?? "",
        Scope = _group?.Scope,
        Resctrl = _classes?.Group,
        ResctrlMonitor = _classes?.Monitor,
        OwnsResctrl = _classes?.IsOurs == true,
        Namespaces = Kinds,
        MountBelow = _mountBelow,
        Rootless = _isUser,
        Owner = Unistd.EffectiveUserId,
        Creating = creating,
        HasStartHooks = HasStartHooks,
        HasStopHooks = _spec.Hooks?.Poststop is { Count: > 0 },
        Annotations = _spec.Annotations,
    };

    /// <summary>Takes back what outlives this process, the container's own included.</summary>
    public void Undo(Launched? launched)
    {
        if (launched is not null)
        {
            _ = Process.TrySignal(launched.PidFd, Process.SIGKILL);
            _ = Process.TryReap(launched.PidFd, wait: true, out _);
        }
        _classes?.Remove();
        SharedMounts.Remove(_rootfs, _mountBelow);
        _group?.TryRemove();
        directory.Remove();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _network?.Dispose();
        _group?.Dispose();
        foreach (FileDescriptor fd in _passed)
            fd.Dispose();
    }

    private int Pass(FileDescriptor fd)
    {
        _passed.Add(fd);
        return _passed.Count - 1;
    }

    /// <summary>
    /// The root file system is attached over its own directory, so that hooks and sources of mounts find the container's mounts by the host's path; over "/"
    /// when the root of a user namespace could not search the way to it, or a mount namespace that is joined need not have it.
    /// </summary>
    private string Anchor()
    {
        if (_spec.Linux?.Namespaces?.Any(n => n is { Type: "mount", Path.Length: > 0 }) == true)
            return "/";
        if (_spec.Linux?.Namespaces?.Any(n => n.Type == "user") != true || _isUser)
            return _rootfs;
        for (string? parent = _rootfs; parent is not null; parent = Path.GetDirectoryName(parent))
            if ((File.GetUnixFileMode(parent) & UnixFileMode.OtherExecute) == 0)
                return "/";
        return _rootfs;
    }

    /// <summary>A fifo open for reading and writing: the program waits for one byte, and `start` finds it by its name.</summary>
    private static FileDescriptor MakeGate(string path)
    {
        Errno errno = Stat.TryMakeNode(FileDescriptor.CurrentDirectory, path, FileStatus.S_IFIFO | 0x180 /* 0600 */);
        return errno == Errno.None ? Fcntl.Open(path, Fcntl.O_RDWR) : throw new SyscallException("mkfifo", errno, path);
    }

    /// <summary>True when a network namespace is wanted that belongs to the host's user namespace, as this process's own does.</summary>
    private bool WantsNetwork() =>
        !_isUser && !ContainerCompiler.Moves(_spec) && _spec.Linux?.Namespaces?.Any(n => n.Type == "network" && string.IsNullOrEmpty(n.Path)) == true;

    private (Dictionary<string, int> Join, FileDescriptor? Pid) OpenNamespaces()
    {
        Dictionary<string, int> join = [];
        FileDescriptor? pid = null;
        foreach (NamespaceSpec ns in _spec.Linux?.Namespaces ?? [])
        {
            if (string.IsNullOrEmpty(ns.Path))
                continue;
            int index = Pass(NamespaceFile.Open(ns));
            if (ns.Type == "pid" && !ContainerCompiler.Moves(_spec))
                pid = _passed[index];
            else
                join[ns.Type] = index;
        }
        return (join, pid);
    }

    /// <summary>The hooks of create. Those in the container begin in its root file system, as runc's do.</summary>
    private void RunHooks(int pid, string rootPlace)
    {
        directory.Save(State(pid, creating: true));
        RunRuntimeHooks(pid);
        if (_spec.Hooks?.CreateContainer is not { Count: > 0 } inside)
            return;
        HookState state = StateOf("creating", pid);
        Errno errno = Process.TryOpen(pid, out FileDescriptor pidfd);
        if (errno != Errno.None)
            throw new SyscallException("pidfd_open", errno, "container init");
        using (pidfd)
            Hooks.Run("createContainer", inside, state with { Pid = NamespaceFile.PidInside(pid) }, (pidfd, Kinds), place: rootPlace);
    }

    private HookState StateOf(string status, int pid) => new()
    {
        OciVersion = _spec.OciVersion,
        Id = options.Id,
        Status = status,
        Pid = pid,
        Bundle = Path.GetFullPath(options.Bundle),
        Annotations = _spec.Annotations,
    };
}
