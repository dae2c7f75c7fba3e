using System.Globalization;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>
/// A container's class of the processor's resource control (linux.intelRdt; the kernel's resctrl.rst): shares of the cache and of memory bandwidth, and
/// counters of its own. A class is a directory, and processes are in it that are written to its tasks; their children follow.
/// </summary>
internal sealed class ResourceControl
{
    private const long RDTGROUP_SUPER_MAGIC = 0x7655821;
    private const string UsualMount = "/sys/fs/resctrl";
    private readonly string _schemata;
    private readonly bool _isNamed;

    private ResourceControl(string group, string? monitor, bool isOurs, string schemata = "", bool isNamed = false) =>
        (Group, Monitor, IsOurs, _schemata, _isNamed) = (group, monitor, isOurs, schemata, isNamed);

    /// <summary>The class's directory.</summary>
    public string Group { get; }

    /// <summary>The directory of the container's own counters; null when it has none.</summary>
    public string? Monitor { get; }

    /// <summary>Made by <see cref="Apply"/> for this container alone: a class that was named may have other users.</summary>
    public bool IsOurs { get; private set; }

    /// <summary>Where the file system is mounted, or null.</summary>
    public static string? Root { get; } = Stat.FileSystemType(UsualMount) == RDTGROUP_SUPER_MAGIC ? UsualMount : null;

    /// <summary>Refuses what this machine does not have.</summary>
    public static void Check(IntelRdtSpec spec, string? root)
    {
        if (root is null)
            throw new TareException(ErrorKind.NotSupported, $"intelRdt is specified in config, but Intel RDT is not enabled (no resctrl on {UsualMount})");
        if (spec.ClosId is "." or ".." || spec.ClosId?.Contains('/', StringComparison.Ordinal) == true)
            throw TareException.Invalid($"invalid intelRdt.closID \"{spec.ClosId}\"");
        if (!string.IsNullOrEmpty(spec.L3CacheSchema) && !Directory.Exists($"{root}/info/L3"))
            throw new TareException(ErrorKind.NotSupported, "intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled");
        if (!string.IsNullOrEmpty(spec.MemBwSchema) && !Directory.Exists($"{root}/info/MB"))
            throw new TareException(ErrorKind.NotSupported, "intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled");
    }

    /// <summary>What a configuration asks for; nothing is made yet.</summary>
    public static ResourceControl? Of(IntelRdtSpec? spec, string id, string? root = null)
    {
        if (spec is null || (root ??= Root) is null)
            return null;
        bool isNamed = !string.IsNullOrEmpty(spec.ClosId);
        string group = $"{root}/{(isNamed ? spec.ClosId : id)}";
        string[] lines = [.. new[] { spec.L3CacheSchema, spec.MemBwSchema }.Concat(spec.Schemata ?? []).Where(line => !string.IsNullOrEmpty(line)).Select(line => line!.Trim())];
        return new ResourceControl(group, spec.EnableMonitoring ? $"{group}/mon_groups/{id}" : null, false, string.Concat(lines.Select(l => l + "\n")), isNamed);
    }

    /// <summary>What a container has.</summary>
    public static ResourceControl? Of(ContainerState state) =>
        state.Resctrl is null ? null : new ResourceControl(state.Resctrl, state.ResctrlMonitor, state.OwnsResctrl);

    /// <summary>Makes the class and puts the container's first process into it.</summary>
    public void Apply(int pid)
    {
        if (_isNamed && _schemata.Length == 0 && !Directory.Exists(Group))
            throw TareException.Invalid($"intelRdt.closID: {Group} is not there (it must be when schemata, l3CacheSchema and memBwSchema are empty)");
        IsOurs = Make(Group) && !_isNamed;
        if (_schemata.Length > 0)
            Write(Group, "schemata", _schemata);
        if (Monitor is not null)
            _ = Make(Monitor);
        Join(pid);
    }

    /// <summary>Puts one more process into it.</summary>
    public void Join(int pid)
    {
        string text = pid.ToString(CultureInfo.InvariantCulture);
        Write(Group, "tasks", text);
        if (Monitor is not null)
            Write(Monitor, "tasks", text);
    }

    /// <summary>Removes what is the container's own.</summary>
    public void Remove()
    {
        if (Monitor is not null)
            _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, Monitor, Unistd.AT_REMOVEDIR);
        if (IsOurs)
            _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, Group, Unistd.AT_REMOVEDIR);
    }

    /// <summary>True when it has been made now.</summary>
    private static bool Make(string directory)
    {
        Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, directory, 0x1ed /* 0755 */);
        return errno is Errno.None or Errno.EEXIST ? errno == Errno.None
            : throw new TareException(ErrorKind.Internal, $"make a class of resource control (there may be no more of them)", new SyscallException("mkdir", errno, directory));
    }

    private static void Write(string directory, string file, string text)
    {
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, $"{directory}/{file}", Fcntl.O_WRONLY, 0, out FileDescriptor opened);
        if (errno == Errno.None)
            using (opened)
                errno = Unistd.TryWrite(opened, System.Text.Encoding.ASCII.GetBytes(text), out _);
        if (errno == Errno.None)
            return;
        string status = SmallFile.TryReadText($"{Path.GetDirectoryName(directory)}/info/last_cmd_status")?.Trim() ?? "";
        throw new TareException(ErrorKind.InvalidArgument, $"intelRdt: write \"{text.TrimEnd('\n')}\" to {directory}/{file}{(status.Length > 0 ? $" ({status})" : "")}",
            new SyscallException("write", errno, file));
    }
}
