using System.Globalization;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;
using Cgroup = Tare.Cgroups;
using OciRuntime = Tare.Oci.Runtime;

namespace Tare.Engine.Containers.Spec;

/// <summary>The devices of a container: nodes to make and rules for its cgroup.</summary>
internal sealed record DeviceChoice(List<OciRuntime.DeviceSpec> Nodes, IReadOnlyList<Cgroup.DeviceRule> Rules)
{
    private const int MaxDepth = 16;

    /// <summary>mknod is harmless; the standard devices, terminals and the tunnel's absence are what every container has.</summary>
    private static readonly Cgroup.DeviceRule[] Standard =
    [
        new(false), new(true, 'c', null, null, "m"), new(true, 'b', null, null, "m"),
        new(true, 'c', 1, 3), new(true, 'c', 1, 5), new(true, 'c', 1, 7), new(true, 'c', 1, 8), new(true, 'c', 1, 9),
        new(true, 'c', 5, 0), new(true, 'c', 5, 1), new(true, 'c', 5, 2), new(true, 'c', 136, null),
    ];

    /// <summary>Reads --device, --device-cgroup-rule and --privileged against the host's devices as they are now.</summary>
    internal static DeviceChoice Choose(HostConfig host)
    {
        List<OciRuntime.DeviceSpec> nodes = [];
        if (host.Privileged)
        {
            AddDirectory(nodes, "/dev", 0);
            return new DeviceChoice(nodes, [new Cgroup.DeviceRule(true)]);
        }
        List<Cgroup.DeviceRule> rules = [.. Standard];
        foreach (DeviceMapping device in host.Devices ?? [])
        {
            int before = nodes.Count;
            AddMapping(nodes, device);
            string access = device.CgroupPermissions.Length == 0 ? "rwm" : device.CgroupPermissions;
            rules.AddRange(nodes.Skip(before).Select(n => new Cgroup.DeviceRule(true, n.Type[0], n.Major, n.Minor, access)));
        }
        rules.AddRange((host.DeviceCgroupRules ?? []).Select(ParseRule));
        return new DeviceChoice(nodes, rules);
    }

    /// <summary>"c 10:200 rwm", with * for any number.</summary>
    internal static Cgroup.DeviceRule ParseRule(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] numbers = words.Length == 3 ? words[1].Split(':') : [];
        if (words.Length != 3 || words[0] is not ("a" or "b" or "c") || numbers.Length != 2 || !words[2].All("rwm".Contains)
            || !TryNumber(numbers[0], out long? major) || !TryNumber(numbers[1], out long? minor))
        {
            throw TareException.Invalid($"invalid device cgroup rule format: '{text}'");
        }
        return new Cgroup.DeviceRule(true, words[0][0], major, minor, words[2]);
    }

    private static bool TryNumber(string text, out long? number)
    {
        bool good = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value);
        number = good ? value : null;
        return good || text == "*";
    }

    private static void AddMapping(List<OciRuntime.DeviceSpec> nodes, DeviceMapping device)
    {
        string inside = device.PathInContainer.Length == 0 ? device.PathOnHost : device.PathInContainer;
        if (!inside.StartsWith('/'))
            throw TareException.Invalid($"invalid device path in the container: \"{inside}\" is not absolute");
        // The host's paths may be links, /dev/disk/by-id for one; they are the host administrator's.
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, device.PathOnHost, Fcntl.O_PATH, 0, out FileDescriptor node);
        if (errno != Errno.None)
            throw TareException.Invalid($"error gathering device information while adding custom device \"{device.PathOnHost}\": {errno.Describe()}");
        using (node)
        {
            FileStatus status = Stat.Of(node);
            if (status.IsDevice)
            {
                nodes.Add(Node(inside, status));
                return;
            }
            if (!status.IsDirectory)
                throw TareException.Invalid($"error gathering device information while adding custom device \"{device.PathOnHost}\": not a device node");
        }
        int before = nodes.Count;
        AddDirectory(nodes, device.PathOnHost, 0);
        foreach (OciRuntime.DeviceSpec found in nodes.Skip(before))
            found.Path = inside + found.Path[device.PathOnHost.Length..];
    }

    private static void AddDirectory(List<OciRuntime.DeviceSpec> nodes, string directory, int depth)
    {
        if (depth > MaxDepth || Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, 0, out FileDescriptor opened) != Errno.None)
            return;
        using (opened)
        {
            foreach (DirectoryEntry entry in Dirent.List(opened))
            {
                string path = $"{directory}/{entry.Name}";
                if (path is "/dev/pts" or "/dev/shm" or "/dev/fd" or "/dev/mqueue" or "/dev/console" or "/dev/.udev" or "/dev/.lxc")
                    continue;
                if (Stat.TryOf(opened, entry.Name, out FileStatus status) != Errno.None)
                    continue;
                if (status.IsDirectory)
                    AddDirectory(nodes, path, depth + 1);
                else if (status.IsDevice)
                    nodes.Add(Node(path, status));
            }
        }
    }

    private static OciRuntime.DeviceSpec Node(string path, FileStatus status) => new()
    {
        Type = status.Type == FileStatus.S_IFBLK ? "b" : "c",
        Path = path,
        Major = status.RdevMajor,
        Minor = status.RdevMinor,
        FileMode = status.Mode & 0xfff,
        Uid = status.UserId,
        Gid = status.GroupId,
    };
}
