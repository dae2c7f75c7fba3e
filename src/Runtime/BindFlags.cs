using Tare.Linux;

namespace Tare.Runtime;

/// <summary>
/// The flags of a bind mount. With no flag among its options it keeps those of its source; with any it has exactly the given ones, and access times as before
/// unless one of their flags is given (runc's reading of config.md#mounts). In a user namespace what the source restricts stays restricted: the kernel locks it
/// (mount_namespaces(7)).
/// </summary>
internal static class BindFlags
{
    private const ulong Restrictions = Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC;
    private const ulong AccessTime = Mount.MOUNT_ATTR_ATIME_MASK | Mount.MOUNT_ATTR_NODIRATIME;

    /// <summary>What mount_setattr(2) sets and clears on the copy of the source.</summary>
    public static (ulong Set, ulong Clear) Of(MountOptions options, bool locked)
    {
        if (!options.HasFlags)
            return (0, 0);
        ulong clear = (locked ? options.Clear & Restrictions : Restrictions) | Mount.MOUNT_ATTR_NOSYMFOLLOW;
        if (options.HasAccessTime)
            clear |= AccessTime;
        // Of the access times' mask all is cleared, even what is set.
        return (options.Set, clear & ~(options.Set & ~Mount.MOUNT_ATTR_ATIME_MASK));
    }

    /// <summary>The flags that are asked for and locked on a source with these flags of statfs(2), in words; null when there are none.</summary>
    public static string? Locked(MountOptions options, ulong source)
    {
        ulong cleared = options.Clear & Restrictions & source; // the four have the same numbers there
        if (cleared != 0)
            return $"cannot clear locked flags {Names(cleared)}";
        if (!options.HasAccessTime)
            return null;
        ulong mode = (source & Stat.ST_NOATIME) != 0 ? Mount.MOUNT_ATTR_NOATIME : (source & Stat.ST_RELATIME) != 0 ? 0 : Mount.MOUNT_ATTR_STRICTATIME;
        ulong directories = (source & Stat.ST_NODIRATIME) != 0 ? Mount.MOUNT_ATTR_NODIRATIME : 0;
        return (options.Set & AccessTime) == (mode | directories) ? null : "cannot change locked atime flags";
    }

    private static string Names(ulong flags) => string.Join(',', new[] { "ro", "nosuid", "nodev", "noexec" }.Where((_, bit) => (flags & (1ul << bit)) != 0));
}
