using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups.V2;

/// <summary>Hands controllers down a v2 tree: a group has a controller's files only when every ancestor lists it in cgroup.subtree_control.</summary>
internal static class SubtreeControl
{
    /// <summary>Enables a controller in each directory from the mount point to <paramref name="parent"/>; false when the tree does not have it.</summary>
    internal static bool Enable(string mount, string parent, string controller)
    {
        string directory = mount;
        foreach (string part in (string[])["", .. parent[mount.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries)])
        {
            directory = part.Length == 0 ? directory : $"{directory}/{part}";
            if (!CgroupFile.ReadWords(directory, "cgroup.controllers").Contains(controller))
                return false;
            if (CgroupFile.ReadWords(directory, "cgroup.subtree_control").Contains(controller))
                continue;
            Errno errno = CgroupFile.TryWrite(directory, "cgroup.subtree_control", "+" + controller);
            if (errno == Errno.EBUSY && directory == mount)
            {
                MoveProcessesAside(mount);
                errno = CgroupFile.TryWrite(directory, "cgroup.subtree_control", "+" + controller);
            }
            if (errno != Errno.None)
            {
                throw new TareException(ErrorKind.Conflict, $"enable cgroup controller {controller} below {directory}: {errno.Describe()} "
                    + "(a group with processes of its own cannot pass controllers on: move them to a child group)");
            }
        }
        return true;
    }

    /// <summary>
    /// Inside a cgroup namespace the visible root is an ordinary group and may hold processes, Tare's own among them: they move to a leaf beside the
    /// containers. The machine's true root has no such rule and is never touched.
    /// </summary>
    private static void MoveProcessesAside(string root)
    {
        string leaf = $"{root}/init";
        _ = Directory.CreateDirectory(leaf);
        foreach (string pid in CgroupFile.ReadWords(root, "cgroup.procs"))
            _ = CgroupFile.TryWrite(leaf, "cgroup.procs", pid);
    }
}
