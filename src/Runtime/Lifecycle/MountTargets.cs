using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Steps;

namespace Tare.Runtime.Lifecycle;

/// <summary>
/// What the root file system has where mounts go: a tmpfs takes over the mode of the directory it covers, and a link to nowhere is followed to where its
/// target will be made. Read-only, by descriptors below the root; the program makes and opens everything again in its own, safe way.
/// </summary>
internal static class MountTargets
{
    private const int MostLinks = 40;

    /// <summary>Destinations that name the root file system's place on the host mean what is below it, as they always have in runc.</summary>
    public static void BelowRoot(RuntimeSpec spec, string rootfs)
    {
        foreach (MountSpec mount in spec.Mounts ?? [])
            if (rootfs.Length > 1 && mount.Destination.StartsWith(rootfs + "/", StringComparison.Ordinal))
                mount.Destination = mount.Destination[rootfs.Length..];
    }

    /// <summary>Completes the mounts of a configuration.</summary>
    public static void Complete(RuntimeSpec spec, FileDescriptor root)
    {
        foreach (MountSpec mount in spec.Mounts ?? [])
        {
            Errno errno = Fcntl.TryOpenInRoot(root, mount.Destination, Fcntl.O_PATH, 0, out FileDescriptor target);
            // What the kernel's own paths name is never mounted behind a link: the program refuses it, and must see the path as it was given.
            if (errno == Errno.ENOENT && !MountSteps.NeedsPlainPath(mount) && !mount.Destination.Split('/').Contains(".."))
                mount.Destination = Follow(root, mount.Destination);
            if (errno != Errno.None)
                continue;
            using (target)
                if (mount.Type == "tmpfs" && mount.Options?.Any(o => o.StartsWith("mode=", StringComparison.Ordinal)) != true && Stat.Of(target) is { IsDirectory: true } status)
                    mount.Options = [.. mount.Options ?? [], "mode=" + Convert.ToString(status.Mode & 0xfff, 8)];
        }
    }

    /// <summary>The path with every link on the way replaced by what it says; ".." does not lead above the root.</summary>
    private static string Follow(FileDescriptor root, string path)
    {
        List<string> done = [];
        Stack<string> left = new(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        int links = 0;
        while (left.TryPop(out string? name))
        {
            if (name == "..")
                done.RemoveRange(Math.Max(done.Count - 1, 0), Math.Min(done.Count, 1));
            if (name is "." or "..")
                continue;
            string prefix = string.Join('/', done.Append(name));
            if (Fcntl.TryOpenInRoot(root, prefix, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, 0, out FileDescriptor found) != Errno.None)
            {
                done.Add(name);
                continue;
            }
            using (found)
            {
                if (!Stat.Of(found).IsSymlink || Unistd.TryReadLink(found, "", out string link) != Errno.None)
                {
                    done.Add(name);
                    continue;
                }
                if (++links > MostLinks)
                    return path; // the program will say that there are too many
                if (link.StartsWith('/'))
                    done.Clear();
                foreach (string part in link.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                    left.Push(part);
            }
        }
        return "/" + string.Join('/', done);
    }
}
