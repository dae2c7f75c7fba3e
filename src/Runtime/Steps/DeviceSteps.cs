using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Nodes and links in /dev, made only when /dev is a file system of the container's own.</summary>
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
        if (c.Dev is not { } dev)
            return;
        HashSet<string> made = new(StringComparer.Ordinal);
        foreach (DeviceSpec device in (c.Linux.Devices ?? []).Concat(Defaults))
            if (made.Add(device.Path))
                Node(c, dev, device);
        foreach ((string name, string target) in Links)
            _ = c.Program.Call(SyscallNumber.Symlinkat, "symlinkat", $"/dev/{name}", c.Program.String(target), dev, c.Program.String(name))
                .Tolerate(0, Errno.EEXIST);
    }

    private static void Node(Compilation c, Slot dev, DeviceSpec device)
    {
        uint type = device.Type switch
        {
            "c" or "u" => FileStatus.S_IFCHR,
            "b" => FileStatus.S_IFBLK,
            "p" => FileStatus.S_IFIFO,
            _ => throw Refuse.Invalid($"device {device.Path} has type \"{device.Type}\"; use c, b, u or p"),
        };
        string reason = $"device {device.Path}";
        string name = device.Path[(device.Path.LastIndexOf('/') + 1)..];
        string directory = device.Path[..^(name.Length + 1)];
        Argument parent = directory == "/dev" ? dev : TargetSteps.Directory(c, directory, reason);
        uint mode = type | (device.FileMode is { } given ? given & 0xfff : 0x1b6 /* 0666 */);
        _ = c.Program.Call(SyscallNumber.Mknodat, "mknodat", reason, parent, c.Program.String(name), mode,
            Stat.MakeDevice((uint)device.Major, (uint)device.Minor)).Tolerate(device.Uid is > 0 || device.Gid is > 0 ? 1 : 0, Errno.EEXIST);
        if (device.Uid is > 0 || device.Gid is > 0)
            c.Program.Call(SyscallNumber.Fchownat, "fchownat", reason, parent, c.Program.String(name), device.Uid ?? 0, device.Gid ?? 0, 0x100);
    }

    private static DeviceSpec Character(string path, long major, long minor) => new() { Type = "c", Path = path, Major = major, Minor = minor };
}
