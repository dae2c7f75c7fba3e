using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>A mount of type cgroup: the unified file system, or on v1 and hybrid hosts a tmpfs with one directory for each hierarchy.</summary>
internal static class CgroupMountSteps
{
    public static void Emit(Compilation c, MountSpec mount, MountOptions options)
    {
        if (c.Context.CgroupMounts is [{ Directory: "" } unified])
        {
            if (Group(c, unified) is { } own)
            {
                MountSteps.Bind(c, new MountSpec { Destination = mount.Destination, Source = own, Options = mount.Options }, WithoutData(options), source: null);
                return;
            }
            _ = MountSteps.FileSystem(c, new MountSpec { Destination = mount.Destination, Type = unified.Type, Source = "cgroup", Options = mount.Options }, WithoutData(options));
            return;
        }
        MountSpec base_ = new() { Destination = mount.Destination, Type = "tmpfs", Source = "tmpfs" };
        MountOptions tmpfs = MountOptions.Parse(new MountSpec { Options = ["nosuid", "nodev", "noexec", "mode=755"] });
        Slot directory = MountSteps.FileSystem(c, base_, tmpfs);
        foreach (CgroupMount one in c.Context.CgroupMounts)
            Hierarchy(c, mount, options, directory, one);
        c.SetAttributes(directory, options.Set & Mount.MOUNT_ATTR_RDONLY, 0, 0, recursive: false, $"make {mount.Destination} read-only");
    }

    private static void Hierarchy(Compilation c, MountSpec mount, MountOptions options, Slot directory, CgroupMount one)
    {
        string reason = $"mount {one.Type} hierarchy {one.Directory} on {mount.Destination}/{one.Directory}";
        Slot made = Group(c, one) is { } own ? Clone(c, own, options.Set, reason) : MountSteps.Create(c, one.Type, "cgroup", one.Options, options.Set, reason);
        _ = c.Program.Call(SyscallNumber.Mkdirat, "mkdirat", reason, directory, c.Program.String(one.Directory), 0x1ed);
        Slot target = c.Open(directory, one.Directory, Fcntl.O_PATH | Fcntl.O_DIRECTORY, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS, reason).Into();
        c.Attach(made, target, reason);
    }

    /// <summary>Without a cgroup namespace the whole tree of the host would show: then the container's own group is all there is to see.</summary>
    private static string? Group(Compilation c, CgroupMount mount) =>
        c.HasNew("cgroup") || c.Context.Join.ContainsKey("cgroup") ? null : mount.Source;

    private static Slot Clone(Compilation c, string group, ulong attributes, string reason)
    {
        Slot tree = c.Program.Call(SyscallNumber.OpenTree, "open_tree", reason, Compilation.CurrentDirectory, c.Program.String(group),
            Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC).Into();
        c.SetAttributes(tree, attributes, 0, Mount.MS_PRIVATE, recursive: false, reason);
        return tree;
    }

    private static MountOptions WithoutData(MountOptions options) => options.WithData([]);
}
