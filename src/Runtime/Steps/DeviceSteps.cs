using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Nodes and links in /dev, left alone when /dev is the host's.</summary>
internal static class DeviceSteps
{
    private static readonly DeviceSpec[] Defaults =
    [
        Character("/dev/null", 1, 3), Character("/dev/zero", 1, 5), Character("/dev/full", 1, 7),
        Character("/dev/random", 1, 8), Character("/dev/urandom", 1, 9), Character("/dev/tty", 5, 0),
    ];

    private static readonly (string Name, string Target)[] Links =
    [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ];

    public static void Emit(Compilation c)
    {
        // A /dev of the host is complete, and not ours to change.
        if (c.Spec.Mounts?.Any(m => m.Destination.TrimEnd('/') == "/dev" && MountOptions.Parse(m).Bind) == true)
            return;
        Slot dev = c.Dev ?? TargetSteps.Directory(c, "/dev", "device nodes", strict: true);
        HashSet<string> made = new(StringComparer.Ordinal);
        bool binds = c.Context.BindsDevices || UserNamespaceSteps.IsWanted(c);
        foreach (DeviceSpec device in (c.Linux.Devices ?? []).Concat(Defaults))
            if (made.Add(device.Path))
                Emit(c, dev, device, binds);
        foreach ((string name, string target) in Links)
            _ = c.Program.Call(SyscallNumber.Symlinkat, "symlinkat", $"/dev/{name}", c.Program.String(target), dev, c.Program.String(name))
                .Tolerate(0, Errno.EEXIST);
    }

    private static void Emit(Compilation c, Slot dev, DeviceSpec device, bool binds)
    {
        string name = device.Path[(device.Path.LastIndexOf('/') + 1)..];
        if (name is "" or "." or ".." || device.Path[0] != '/')
            throw Refuse.Invalid($"device path \"{device.Path}\" is not an absolute path of a file");
        string directory = device.Path[..^(name.Length + 1)];
        if (name == "ptmx" && directory == "/dev")
            return; // the link to this container's own terminals
        Argument parent = directory == "/dev" ? dev : TargetSteps.Directory(c, directory, $"device {device.Path}");
        if (binds && device.Type != "p")
            Bind(c, parent, name, device);
        else
            Make(c, parent, name, device);
    }

    /// <summary>mknod(2). What is there already must be that very device, not something an image has put in its place.</summary>
    private static void Make(Compilation c, Argument parent, string name, DeviceSpec device)
    {
        uint type = TypeOf(device);
        string reason = $"device {device.Path}";
        uint mode = type | (device.FileMode is { } given ? given & 0xfff : 0x1b6 /* 0666 */);
        bool owned = device.Uid is > 0 || device.Gid is > 0;
        int check = type == FileStatus.S_IFIFO ? 3 : 5;
        _ = c.Program.Call(SyscallNumber.Mknodat, "mknodat", reason, parent, c.Program.String(name), mode,
            Stat.MakeDevice((uint)device.Major, (uint)device.Minor)).Tolerate(0, Errno.EEXIST).OnSuccessSkip(check);
        Slot existing = c.Open(parent, name, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS, $"{reason} exists").Into();
        VerifySteps.IsFile(c.Program, existing, type, device.Major, device.Minor, reason);
        if (owned)
            c.Program.Call(SyscallNumber.Fchownat, "fchownat", reason, parent, c.Program.String(name), device.Uid ?? 0, device.Gid ?? 0, 0x100);
    }

    /// <summary>In a user namespace nodes cannot be made: the host's own one is bound, opened while the host's root is still "/".</summary>
    private static void Bind(Compilation c, Argument parent, string name, DeviceSpec device)
    {
        string reason = $"device {device.Path}";
        Slot node = c.Program.Call(SyscallNumber.OpenTree, "open_tree", reason, Compilation.CurrentDirectory, c.Program.String(device.Path),
            Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC).Into();
        VerifySteps.IsFile(c.Program, node, TypeOf(device), device.Major, device.Minor, $"{reason} of the host");
        Slot target = c.Open(parent, name, Fcntl.O_RDONLY | Fcntl.O_CREAT, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS, reason, 0x1b6).Into();
        c.Attach(node, target, reason);
    }

    private static uint TypeOf(DeviceSpec device) => device.Type switch
    {
        "c" or "u" => FileStatus.S_IFCHR,
        "b" => FileStatus.S_IFBLK,
        "p" => FileStatus.S_IFIFO,
        _ => throw Refuse.Invalid($"device {device.Path} has type \"{device.Type}\"; use c, b, u or p"),
    };

    private static DeviceSpec Character(string path, long major, long minor) => new() { Type = "c", Path = path, Major = major, Minor = minor };
}
