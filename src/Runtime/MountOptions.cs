using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime;

/// <summary>A mount's options taken apart: attributes to set and clear, propagation, bind, and what is left for the file system itself.</summary>
public sealed record MountOptions
{
    private static readonly Dictionary<string, (ulong Set, ulong Clear)> Attributes = new(StringComparer.Ordinal)
    {
        ["ro"] = (Mount.MOUNT_ATTR_RDONLY, 0),
        ["rw"] = (0, Mount.MOUNT_ATTR_RDONLY),
        ["nosuid"] = (Mount.MOUNT_ATTR_NOSUID, 0),
        ["suid"] = (0, Mount.MOUNT_ATTR_NOSUID),
        ["nodev"] = (Mount.MOUNT_ATTR_NODEV, 0),
        ["dev"] = (0, Mount.MOUNT_ATTR_NODEV),
        ["noexec"] = (Mount.MOUNT_ATTR_NOEXEC, 0),
        ["exec"] = (0, Mount.MOUNT_ATTR_NOEXEC),
        ["atime"] = (0, Mount.MOUNT_ATTR_ATIME_MASK),
        ["noatime"] = (Mount.MOUNT_ATTR_NOATIME, Mount.MOUNT_ATTR_ATIME_MASK),
        ["relatime"] = (0, Mount.MOUNT_ATTR_ATIME_MASK),
        ["norelatime"] = (0, Mount.MOUNT_ATTR_ATIME_MASK),
        ["nostrictatime"] = (0, Mount.MOUNT_ATTR_ATIME_MASK),
        ["strictatime"] = (Mount.MOUNT_ATTR_STRICTATIME, Mount.MOUNT_ATTR_ATIME_MASK),
        ["nodiratime"] = (Mount.MOUNT_ATTR_NODIRATIME, 0),
        ["diratime"] = (0, Mount.MOUNT_ATTR_NODIRATIME),
        ["nosymfollow"] = (Mount.MOUNT_ATTR_NOSYMFOLLOW, 0),
        ["symfollow"] = (0, Mount.MOUNT_ATTR_NOSYMFOLLOW),
    };

    /// <summary>These take back what was said before of access times, and by themselves change nothing; with an r in front they do.</summary>
    private static readonly Dictionary<string, ulong> TakenBack = new(StringComparer.Ordinal)
    {
        ["atime"] = Mount.MOUNT_ATTR_NOATIME,
        ["diratime"] = Mount.MOUNT_ATTR_NODIRATIME,
        ["norelatime"] = 0,
        ["nostrictatime"] = Mount.MOUNT_ATTR_STRICTATIME,
    };

    private static readonly Dictionary<string, ulong> Propagations = new(StringComparer.Ordinal)
    {
        ["private"] = Mount.MS_PRIVATE,
        ["slave"] = Mount.MS_SLAVE,
        ["shared"] = Mount.MS_SHARED,
        ["unbindable"] = Mount.MS_UNBINDABLE,
    };

    /// <summary>Flags of a superblock, which a file system is given as options; binds cannot have them.</summary>
    private static readonly HashSet<string> SuperblockFlags = ["dirsync", "lazytime", "mand", "sync"];

    /// <summary>Defaults of the kernel, notes for mount(8), and flags without a meaning for new mounts.</summary>
    private static readonly HashSet<string> WithoutEffect =
    [
        "defaults", "async", "nolazytime", "nomand", "iversion", "noiversion", "loud", "silent", "auto", "noauto", "user", "nouser", "_netdev", "nofail",
    ];

    /// <summary>Every option that is no file system's own, for the features document.</summary>
    public static IEnumerable<string> Known =>
        Attributes.Keys.Concat(Attributes.Keys.Select(k => "r" + k)).Concat(Propagations.Keys).Concat(Propagations.Keys.Select(k => "r" + k))
            .Concat(SuperblockFlags).Concat(["async", "nolazytime", "nomand", "iversion", "noiversion", "loud", "silent", "defaults"])
            .Concat(["bind", "rbind", "remount", "idmap", "ridmap", "tmpcopyup"]).Order(StringComparer.Ordinal);

    /// <summary>Some flag was given, be it one that is off by itself.</summary>
    public bool HasFlags { get; private init; }

    /// <summary>One of the flags was noatime, nodiratime, relatime or strictatime.</summary>
    public bool HasAccessTime { get; private init; }

    public ulong Set { get; private init; }
    public ulong Clear { get; private init; }
    public ulong RecursiveSet { get; private init; }
    public ulong RecursiveClear { get; private init; }
    public ulong Propagation { get; private init; }
    public bool RecursivePropagation { get; private init; }
    public bool Bind { get; private init; }
    public bool RecursiveBind { get; private init; }

    /// <summary>What is mounted there already is changed.</summary>
    public bool Remount { get; private init; }

    /// <summary>Ids of the files are mapped: of this mount, or of everything mounted below it too.</summary>
    public bool IdMap { get; private init; }

    /// <inheritdoc cref="IdMap"/>
    public bool RecursiveIdMap { get; private init; }

    /// <summary>A new tmpfs begins with a copy of what it covers.</summary>
    public bool CopyUp { get; private init; }

    /// <summary>Options of the file system: a key alone, or key=value.</summary>
    public IReadOnlyList<string> Data { get; private init; } = [];

    /// <summary>The same with recursive private propagation, the default of binds.</summary>
    public MountOptions WithPrivatePropagation() => this with { Propagation = Mount.MS_PRIVATE, RecursivePropagation = true };

    /// <summary>The same with other options for the file system.</summary>
    public MountOptions WithData(IReadOnlyList<string> data) => this with { Data = data };

    public static MountOptions Parse(MountSpec mount)
    {
        MountOptions result = new() { Bind = mount.Type == "bind" };
        List<string> data = [];
        foreach (string option in mount.Options ?? [])
        {
            if (TakenBack.TryGetValue(option, out ulong before))
                result = result with { HasFlags = true, Set = result.Set & ~before };
            else if (Attributes.TryGetValue(option, out (ulong Set, ulong Clear) one))
                result = result with { HasFlags = true, HasAccessTime = result.HasAccessTime || option.EndsWith("atime", StringComparison.Ordinal), Set = (result.Set & ~one.Clear) | one.Set, Clear = (result.Clear & ~one.Set) | one.Clear };
            else if (option.Length > 1 && option[0] == 'r' && Attributes.TryGetValue(option[1..], out (ulong Set, ulong Clear) all))
                result = result with { RecursiveSet = (result.RecursiveSet & ~all.Clear) | all.Set, RecursiveClear = (result.RecursiveClear & ~all.Set) | all.Clear };
            else if (Propagations.TryGetValue(option, out ulong propagation))
                result = result with { Propagation = propagation };
            else if (option.Length > 1 && option[0] == 'r' && Propagations.TryGetValue(option[1..], out ulong recursive))
                result = result with { Propagation = recursive, RecursivePropagation = true };
            else if (!result.TakesWord(option, out MountOptions next))
                data.Add(option);
            else
                result = next;
        }
        return result with { Data = result.Bind ? [] : data };
    }

    private bool TakesWord(string option, out MountOptions result)
    {
        result = option switch
        {
            "bind" => this with { Bind = true },
            "rbind" => this with { Bind = true, RecursiveBind = true },
            "remount" => this with { Remount = true },
            "idmap" => this with { IdMap = true },
            "ridmap" => this with { IdMap = true, RecursiveIdMap = true },
            "tmpcopyup" => this with { CopyUp = true },
            _ => this,
        };
        return !ReferenceEquals(result, this) || WithoutEffect.Contains(option) || (Bind && SuperblockFlags.Contains(option));
    }
}
