using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime;

/// <summary>One compilation under way: the configuration, the program so far, and results that later steps need. Used by one thread.</summary>
internal sealed class Compilation(RuntimeSpec spec, CompileContext context)
{
    private const int AT_FDCWD = -100;

    public RuntimeSpec Spec { get; } = spec;
    public CompileContext Context { get; } = context;
    public ProgramBuilder Program { get; } = new();
    public LinuxSpec Linux { get; } = spec.Linux ?? new LinuxSpec();
    public ProcessSpec Process { get; } = spec.Process ?? throw Refuse.Invalid("config.json has no process");

    /// <summary>The host's current directory as a first argument of *at calls.</summary>
    public static Argument CurrentDirectory => AT_FDCWD;

    /// <summary>The container's root, once attached.</summary>
    public Argument Root { get; set; }

    /// <summary>The mounts on /proc, /dev and /dev/pts, when the configuration has them.</summary>
    public Slot? Proc { get; set; }

    /// <inheritdoc cref="Proc"/>
    public Slot? Dev { get; set; }

    /// <inheritdoc cref="Proc"/>
    public Slot? Pts { get; set; }

    /// <summary>An attached, empty, read-only tmpfs that masks are cloned from.</summary>
    public Slot? MaskDirectory { get; set; }

    /// <summary>Mounts that become read-only when everything inside them is made.</summary>
    public List<(Slot Mount, string Destination)> ReadOnlyLater { get; } = [];

    /// <summary>The working directory, opened before privileges are dropped.</summary>
    public Slot WorkingDirectory { get; set; }

    /// <summary>The number of a passed descriptor inside tare-init.</summary>
    public static int Passed(int index) => InitDescriptors.FirstPassed + index;

    /// <summary>True when the configuration asks for a new namespace of this type.</summary>
    public bool HasNew(string type) =>
        Linux.Namespaces?.Any(n => n.Type == type && string.IsNullOrEmpty(n.Path)) == true && !Context.Join.ContainsKey(type);

    /// <summary>True when the container does not share the host's namespace of this type.</summary>
    public bool HasOwn(string type) => Linux.Namespaces?.Any(n => n.Type == type) == true || Context.Join.ContainsKey(type);

    /// <summary>openat2 below the root; links stay inside it.</summary>
    public OperationHandle OpenInRoot(string path, int flags, string reason, ulong resolve = Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS, uint mode = 0) =>
        Open(Root, path, flags, resolve, reason, mode);

    /// <summary>openat2 relative to any directory.</summary>
    public OperationHandle Open(Argument directory, string path, int flags, ulong resolve, string reason, uint mode = 0)
    {
        string relative = path.TrimStart('/');
        return Program.Call(SyscallNumber.Openat2, "openat2", reason,
            directory, Program.String(relative.Length == 0 ? "." : relative), Program.Words(flags | Fcntl.O_CLOEXEC, mode, resolve), 24);
    }

    /// <summary>Attaches a detached mount to an open target.</summary>
    public void Attach(Argument mount, Argument target, string reason) =>
        Program.Call(SyscallNumber.MoveMount, "move_mount", reason,
            mount, Program.String(""), target, Program.String(""), Mount.MOVE_MOUNT_F_EMPTY_PATH | Mount.MOVE_MOUNT_T_EMPTY_PATH);

    /// <summary>A detached copy of the mount that a descriptor is on, beginning at the descriptor.</summary>
    public Slot CloneTree(Argument source, bool recursive, string reason) =>
        Program.Call(SyscallNumber.OpenTree, "open_tree", reason, source, Program.String(""),
            Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | Mount.AT_EMPTY_PATH | (recursive ? Mount.AT_RECURSIVE : 0)).Into();

    /// <summary>mount_setattr on a detached mount.</summary>
    public void SetAttributes(Argument mount, ulong set, ulong clear, ulong propagation, bool recursive, string reason) =>
        Program.Call(SyscallNumber.MountSetattr, "mount_setattr", reason, mount, Program.String(""),
            Mount.AT_EMPTY_PATH | (recursive ? Mount.AT_RECURSIVE : 0), Program.Words(set, clear, propagation, 0), 32);
}
