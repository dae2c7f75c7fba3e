using Tare.EngineApi.Containers;

namespace Tare.Engine.Containers.State;

/// <summary>What kind of mount a container has.</summary>
public enum MountKind
{
    /// <summary>A path of the host.</summary>
    Bind,

    /// <summary>A named or anonymous volume.</summary>
    Volume,

    /// <summary>Memory.</summary>
    Tmpfs,

    /// <summary>The files of an image, never written to.</summary>
    Image,
}

/// <summary>One wanted mount of a container, in the form all of Docker's spellings (binds, mounts, image volumes, volumes-from) are brought to.</summary>
public sealed record MountRecord
{
    /// <summary>Where it comes from. Not required: stored records leave out what is the default.</summary>
    public MountKind Kind { get; init; }

    /// <summary>Absolute path in the container.</summary>
    public required string Destination { get; init; }

    /// <summary>Host path of a bind, mount point of a volume, id of an image, empty for tmpfs.</summary>
    public string Source { get; init; } = "";

    /// <summary>Snapshot of an image's topmost layer, held for this container; empty for an image without layers and other kinds.</summary>
    public string Chain { get; init; } = "";

    /// <summary>Reference that an image was asked for by.</summary>
    public string? ImageName { get; init; }

    /// <summary>Name of a volume.</summary>
    public string? VolumeName { get; init; }

    /// <summary>Driver of a volume.</summary>
    public string? Driver { get; init; }

    /// <summary>True when the volume was made for this container and goes with it (rm -v, --rm).</summary>
    public bool Anonymous { get; init; }

    /// <summary>No writes through this mount.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Content of the image at the destination is not copied into an empty volume.</summary>
    public bool NoCopy { get; init; }

    /// <summary>Only this mount, not those below it.</summary>
    public bool NonRecursive { get; init; }

    /// <summary>Read-only covers only the top mount.</summary>
    public bool ReadOnlyNonRecursive { get; init; }

    /// <summary>rprivate, private, rshared, shared, rslave, slave.</summary>
    public string Propagation { get; init; } = "";

    /// <summary>A directory or file inside the volume or image.</summary>
    public string? Subpath { get; init; }

    /// <summary>The mode words of a bind specification, as inspect shows them.</summary>
    public string Mode { get; init; } = "";

    /// <summary>Options of a tmpfs in mount(8)'s words, "size=64m".</summary>
    public string TmpfsOptions { get; init; } = "";

    /// <summary>The form that inspect and lists show.</summary>
    public MountPoint ToMountPoint() => new()
    {
        Type = Kind switch { MountKind.Bind => "bind", MountKind.Volume => "volume", MountKind.Image => "image", _ => "tmpfs" },
        Name = VolumeName ?? ImageName,
        Source = Source,
        Destination = Destination,
        Driver = Driver,
        Mode = Mode,
        RW = !ReadOnly,
        Propagation = Kind == MountKind.Bind && Propagation.Length == 0 ? "rprivate" : Propagation,
    };
}
