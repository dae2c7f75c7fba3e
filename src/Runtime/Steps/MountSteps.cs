using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>The configuration's mounts, in their order: file systems by fsopen, binds by open_tree, each attached to an opened target.</summary>
internal static class MountSteps
{
    public static void Emit(Compilation c)
    {
        foreach (MountSpec mount in c.Spec.Mounts ?? [])
        {
            if (mount.Destination.Length == 0)
                throw Refuse.Invalid("a mount has no destination");
            MountOptions options = MountOptions.Parse(mount);
            if (options.Bind)
                Bind(c, mount, options);
            else if (mount.Type == "cgroup")
                CgroupMountSteps.Emit(c, mount, options);
            else
                Remember(c, mount.Destination, FileSystem(c, mount, options));
        }
    }

    /// <summary>A new file system: superblock, options, mount, attach.</summary>
    public static Slot FileSystem(Compilation c, MountSpec mount, MountOptions options)
    {
        string type = mount.Type ?? throw Refuse.Invalid($"the mount on {mount.Destination} has no type");
        string reason = $"mount {type} on {mount.Destination}";
        Slot made = Create(c, type, mount.Source, options.Data, options.Set, reason);
        Finish(c, made, options, reason);
        Slot target = TargetSteps.Directory(c, mount.Destination, reason, strict: type is "proc" or "sysfs" || mount.Destination is "/dev" or "/dev/pts");
        c.Attach(made, target, reason);
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

    /// <summary>A part of the host's tree. Sources are opened before the pivot, while the host's root is still "/".</summary>
    private static void Bind(Compilation c, MountSpec mount, MountOptions options)
    {
        string source = mount.Source ?? throw Refuse.Invalid($"the bind mount on {mount.Destination} has no source");
        string reason = $"bind {source} on {mount.Destination}";
        bool isDirectory = System.IO.Directory.Exists(source);
        Slot tree = c.Program.Call(SyscallNumber.OpenTree, "open_tree", reason, Compilation.CurrentDirectory, c.Program.String(source),
            Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | (options.RecursiveBind ? Mount.AT_RECURSIVE : 0)).Into();
        if ((options.Set | options.Clear) != 0)
            c.SetAttributes(tree, options.Set, options.Clear, 0, recursive: false, reason);
        Finish(c, tree, options.Propagation == 0 ? options.WithPrivatePropagation() : options, reason);
        Slot target = isDirectory ? TargetSteps.Directory(c, mount.Destination, reason) : TargetSteps.File(c, mount.Destination, reason);
        c.Attach(tree, target, reason);
    }

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
