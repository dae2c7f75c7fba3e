using System.Globalization;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Mounts;

/// <summary>Reads one --mount. Pure but for the check that a bind's source exists.</summary>
internal static class MountRequest
{
    internal static MountRecord Parse(MountSpec mount)
    {
        string type = mount.Type ?? "";
        Exclusive(mount, type);
        string target = mount.Target is { Length: > 0 } given ? given : throw Refusal(type, "field Target must not be empty");
        if (!target.StartsWith('/'))
            throw Refusal(type, $"invalid mount path: '{target}' mount path must be absolute");
        string destination = MountPath.Normalise(target);
        if (destination == "/")
            throw Refusal(type, "invalid specification: destination can't be '/'");
        return type switch
        {
            "bind" => Bind(mount, destination),
            "volume" => Volume(mount, destination),
            "tmpfs" => Tmpfs(mount, destination),
            "image" => Image(mount, destination),
            "npipe" or "cluster" => throw new TareException(ErrorKind.NotSupported, $"mount type \"{type}\" is not supported"),
            _ => throw Refusal(type, "mount type unknown"),
        };
    }

    private static void Exclusive(MountSpec mount, string type)
    {
        foreach ((string owner, bool given, string field) in new[]
        {
            ("bind", mount.BindOptions is not null, "BindOptions"), ("volume", mount.VolumeOptions is not null, "VolumeOptions"),
            ("image", mount.ImageOptions is not null, "ImageOptions"), ("tmpfs", mount.TmpfsOptions is not null, "TmpfsOptions"),
        })
        {
            if (given && owner != type)
                throw Refusal(type, $"field {field} must not be specified");
        }
    }

    private static MountRecord Bind(MountSpec mount, string destination)
    {
        string source = mount.Source is { Length: > 0 } given ? given : throw Refusal("bind", "field Source must not be empty");
        if (!source.StartsWith('/'))
            throw Refusal("bind", $"invalid mount path: '{source}' mount path must be absolute");
        if (!Path.Exists(source) && mount.BindOptions?.CreateMountpoint != true)
            throw Refusal("bind", $"bind source path does not exist: {source}");
        return new MountRecord
        {
            Kind = MountKind.Bind,
            Destination = destination,
            Source = MountPath.Normalise(source),
            ReadOnly = mount.ReadOnly,
            NonRecursive = mount.BindOptions?.NonRecursive == true,
            ReadOnlyNonRecursive = mount.BindOptions?.ReadOnlyNonRecursive == true,
            Propagation = Propagation(mount.BindOptions?.Propagation),
        };
    }

    private static string Propagation(string? wanted) => wanted is null or "" or "private" or "rprivate" or "shared" or "rshared" or "slave" or "rslave"
        ? wanted ?? "" : throw Refusal("bind", $"invalid propagation mode: {wanted}");

    private static MountRecord Volume(MountSpec mount, string destination)
    {
        string? name = string.IsNullOrEmpty(mount.Source) ? null : mount.Source;
        string? subpath = Subpath("volume", mount.VolumeOptions?.Subpath);
        if (subpath is not null && name is null)
            throw Refusal("volume", "must not set Subpath when using anonymous volumes");
        if (name is not null)
            BindSpec.CheckName(name);
        return new MountRecord
        {
            Kind = MountKind.Volume,
            Destination = destination,
            VolumeName = name,
            Driver = mount.VolumeOptions?.DriverConfig?.Name is { Length: > 0 } driver ? driver : "local",
            Anonymous = name is null,
            ReadOnly = mount.ReadOnly,
            NoCopy = mount.VolumeOptions?.NoCopy == true,
            Subpath = subpath,
            Mode = "z",
        };
    }

    private static MountRecord Image(MountSpec mount, string destination)
    {
        if (string.IsNullOrEmpty(mount.Source))
            throw Refusal("image", "field Source must not be empty");
        return new MountRecord
        {
            Kind = MountKind.Image,
            Destination = destination,
            ImageName = mount.Source,
            ReadOnly = true,
            Subpath = Subpath("image", mount.ImageOptions?.Subpath),
        };
    }

    /// <summary>By its text alone it stays inside; whether it does in the tree is looked at when it is mounted.</summary>
    private static string? Subpath(string type, string? subpath)
    {
        if (string.IsNullOrEmpty(subpath))
            return null;
        int depth = 0;
        foreach (string name in subpath.Split('/'))
        {
            depth += name switch { ".." => -1, "" or "." => 0, _ => 1 };
            if (depth < 0)
                throw Refusal(type, "subpath must be a relative path within the volume");
        }
        return subpath.StartsWith('/') || subpath.Contains('\0', StringComparison.Ordinal)
            ? throw Refusal(type, "subpath must be a relative path within the volume") : subpath;
    }

    private static MountRecord Tmpfs(MountSpec mount, string destination)
    {
        if (!string.IsNullOrEmpty(mount.Source))
            throw Refusal("tmpfs", "field Source must not be specified");
        List<string> options = [];
        if (mount.TmpfsOptions is { } tmpfs)
        {
            if (tmpfs.SizeBytes > 0)
                options.Add("size=" + tmpfs.SizeBytes.ToString(CultureInfo.InvariantCulture));
            if (tmpfs.Mode != 0)
                options.Add("mode=" + Convert.ToString(tmpfs.Mode, 8));
            options.AddRange((tmpfs.Options ?? []).Select(pair => string.Join('=', pair)));
        }
        if (mount.ReadOnly)
            options.Add("ro");
        return new MountRecord { Kind = MountKind.Tmpfs, Destination = destination, ReadOnly = mount.ReadOnly, TmpfsOptions = string.Join(',', options) };
    }

    private static TareException Refusal(string type, string why) => TareException.Invalid($"invalid mount config for type \"{type}\": {why}");
}
