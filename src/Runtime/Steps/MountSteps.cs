using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>The configuration's mounts, in their order: file systems by fsopen, binds by open_tree, each attached to an opened target.</summary>
internal static class MountSteps
{
    public static void Emit(Compilation c)
    {
        IList<MountSpec> mounts = c.Spec.Mounts ?? [];
        for (int i = 0; i < mounts.Count; i++)
        {
            MountSpec mount = mounts[i];
            if (mount.Destination.Length == 0)
                throw Refuse.Invalid("a mount has no destination");
            MountOptions options = MountOptions.Parse(mount);
            if (options.Remount)
                Remount(c, mount, options);
            else if (options.Bind && c.Context.InnerSources.TryGetValue(i, out InnerSource? inner))
                BindInner(c, mount, options, inner, i);
            else if (options.Bind)
                Bind(c, mount, options, c.Context.Sources.TryGetValue(i, out int index) ? index : null,
                    c.Context.SourceDirectories.TryGetValue(i, out bool directory) ? directory : null);
            else if (mount.Type == "cgroup")
                CgroupMountSteps.Emit(c, mount, options);
            else if (c.Context.Sources.TryGetValue(i, out int made))
                AttachMade(c, mount, options, made);
            else
                Remember(c, mount.Destination, FileSystem(c, mount, options));
        }
    }

    /// <summary>Last of all: targets, devices and terminals inside these have been made.</summary>
    public static void MakeReadOnly(Compilation c)
    {
        foreach ((Slot mount, string destination) in c.ReadOnlyLater)
            c.SetAttributes(mount, Mount.MOUNT_ATTR_RDONLY, 0, 0, recursive: false, $"{destination} is read-only");
    }

    /// <summary>What the kernel's own paths name must lie where they say: no part of the way to it may be a link (CVE-2019-16884, CVE-2025-31133).</summary>
    public static bool NeedsPlainPath(MountSpec mount) => mount.Type is "proc" or "sysfs" || mount.Destination is "/dev" or "/dev/pts";

    /// <summary>A new file system: superblock, options, mount, attach.</summary>
    public static Slot FileSystem(Compilation c, MountSpec mount, MountOptions options)
    {
        string type = mount.Type ?? throw Refuse.Invalid($"the mount on {mount.Destination} has no type");
        string reason = $"mount {type} on {mount.Destination}";
        bool later = type == "tmpfs" && (options.Set & Mount.MOUNT_ATTR_RDONLY) != 0;
        Slot made = Create(c, type, mount.Source, LabelSteps.WithContext(c, type, options.Data), later ? options.Set & ~Mount.MOUNT_ATTR_RDONLY : options.Set, reason);
        if (later)
            c.ReadOnlyLater.Add((made, mount.Destination));
        Finish(c, made, options, reason);
        Slot target = TargetSteps.Directory(c, mount.Destination, reason, strict: NeedsPlainPath(mount));
        c.Attach(made, target, reason);
        LabelSteps.LabelQueues(c, type, mount.Destination);
        return made;
    }

    /// <summary>fsopen, fsconfig for each option, fsmount: a detached mount.</summary>
    public static Slot Create(Compilation c, string type, string? source, IReadOnlyList<string> data, ulong attributes, string reason)
    {
        ProgramBuilder program = c.Program;
        Slot context = program.Call(SyscallNumber.Fsopen, "fsopen", reason, program.String(type), Mount.FSOPEN_CLOEXEC).Into();
        if (!string.IsNullOrEmpty(source))
            _ = Configure(program, context, Mount.FSCONFIG_SET_STRING, "source", source, reason);
        foreach (string option in data)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            _ = equals < 0
                ? Configure(program, context, Mount.FSCONFIG_SET_FLAG, option, null, reason)
                : Configure(program, context, Mount.FSCONFIG_SET_STRING, option[..equals], option[(equals + 1)..], reason);
        }
        _ = Configure(program, context, Mount.FSCONFIG_CMD_CREATE, null, null, reason);
        return program.Call(SyscallNumber.Fsmount, "fsmount", reason, context, Mount.FSMOUNT_CLOEXEC, attributes).Into();
    }

    private static OperationHandle Configure(ProgramBuilder program, Slot context, int command, string? key, string? value, string reason) =>
        program.Call(SyscallNumber.Fsconfig, "fsconfig", reason, context, command,
            key is null ? 0 : program.String(key), value is null ? 0 : program.String(value), 0);

    /// <summary>
    /// A part of the host's tree. Sources are opened before the pivot, while the host's root is still "/", or come opened from the spawner.
    /// </summary>
    public static void Bind(Compilation c, MountSpec mount, MountOptions options, int? source, bool? directory = null)
    {
        string path = mount.Source ?? throw Refuse.Invalid($"the bind mount on {mount.Destination} has no source");
        string reason = $"bind {path} on {mount.Destination}";
        bool isDirectory = directory ?? System.IO.Directory.Exists(path);
        Slot tree = source is { } index ? Copy(c, Compilation.Passed(index), reason)
            : c.Program.Call(SyscallNumber.OpenTree, "open_tree", reason, Compilation.CurrentDirectory, c.Program.String(path),
                Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | (options.RecursiveBind || c.Context.RootlessRoot is not null ? Mount.AT_RECURSIVE : 0)).Into();
        SetBindAttributes(c, tree, options, reason);
        Slot target = isDirectory ? TargetSteps.Directory(c, mount.Destination, reason) : TargetSteps.File(c, mount.Destination, reason);
        c.Attach(tree, target, reason);
    }

    /// <summary>A part of the container's own tree with what has been mounted in it so far; what is there shows only now.</summary>
    private static void BindInner(Compilation c, MountSpec mount, MountOptions options, InnerSource inner, int place)
    {
        string reason = $"bind {mount.Source} on {mount.Destination}";
        // The mounts of a user namespace's parent are locked: they are cloned with everything on them.
        Slot tree = inner.Asked
            ? SyncSteps.AskFor(c.Program, StatusMessage.Source, place, reason)
            : c.CloneTree(c.OpenInRoot(inner.Path, Fcntl.O_PATH, reason).Into(), options.RecursiveBind || c.Context.RootlessRoot is not null, reason);
        SetBindAttributes(c, tree, options, reason);
        c.Attach(tree, TargetSteps.Like(c, tree, mount.Destination, reason), reason);
    }

    private static void SetBindAttributes(Compilation c, Slot tree, MountOptions options, string reason)
    {
        (ulong set, ulong clear) = BindFlags.Of(options, locked: UserNamespaceSteps.IsWanted(c) || c.Context.RootlessRoot is not null);
        if ((set | clear) != 0)
            c.SetAttributes(tree, set, clear, 0, recursive: false, reason);
        Finish(c, tree, options.Propagation == 0 ? options.WithPrivatePropagation() : options, reason);
    }

    /// <summary>A file system that the spawner has made and filled.</summary>
    private static void AttachMade(Compilation c, MountSpec mount, MountOptions options, int index)
    {
        string reason = $"mount {mount.Type} on {mount.Destination}";
        Slot made = Copy(c, Compilation.Passed(index), reason);
        Finish(c, made, options, reason);
        c.Attach(made, TargetSteps.Directory(c, mount.Destination, reason), reason);
        if ((options.Set & Mount.MOUNT_ATTR_RDONLY) != 0)
            c.ReadOnlyLater.Add((made, mount.Destination));
        Remember(c, mount.Destination, made);
    }

    /// <summary>Other attributes for what is mounted at the destination already.</summary>
    private static void Remount(Compilation c, MountSpec mount, MountOptions options)
    {
        string reason = $"change the mount on {mount.Destination}";
        Slot target = c.OpenInRoot(mount.Destination, Fcntl.O_PATH, reason).Into();
        if ((options.Set | options.Clear) != 0)
            c.SetAttributes(target, options.Set, options.Clear, 0, recursive: false, reason);
        Finish(c, target, options, reason);
    }

    /// <summary>A passed descriptor as a result, which other steps refer to.</summary>
    private static Slot Copy(Compilation c, int descriptor, string reason) =>
        c.Program.Call(SyscallNumber.Fcntl, "fcntl", reason, descriptor, 1030 /* F_DUPFD_CLOEXEC */, InitDescriptors.FirstPassed).Into();

    private static void Finish(Compilation c, Slot mount, MountOptions options, string reason)
    {
        if ((options.RecursiveSet | options.RecursiveClear) != 0)
            c.SetAttributes(mount, options.RecursiveSet, options.RecursiveClear, 0, recursive: true, reason);
        if (options.Propagation != 0)
            c.SetAttributes(mount, 0, 0, options.Propagation, options.RecursivePropagation, $"{reason}: propagation");
    }

    private static void Remember(Compilation c, string destination, Slot mount)
    {
        switch (destination.TrimEnd('/'))
        {
            case "/proc":
                c.Proc = mount;
                break;
            case "/dev":
                c.Dev = mount;
                break;
            case "/dev/pts":
                c.Pts = mount;
                break;
            default:
                break;
        }
    }
}
