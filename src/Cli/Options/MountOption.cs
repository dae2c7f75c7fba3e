using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>--mount type=…,source=…,target=…,…</summary>
internal static class MountOption
{
    public static MountSpec Parse(string text)
    {
        var mount = new MountSpec { Type = "volume" };
        foreach (string field in Csv.Split(text))
        {
            (string key, string? value) = Csv.Pair(field);
            if (value is null)
                SetSwitch(mount, key, field);
            else
                SetValue(mount, key, value, field);
        }
        Check(mount);
        return mount;
    }

    private static void SetSwitch(MountSpec mount, string key, string field)
    {
        switch (key)
        {
            case "readonly" or "ro":
                mount.ReadOnly = true;
                break;
            case "volume-nocopy":
                Volume(mount).NoCopy = true;
                break;
            case "bind-nonrecursive":
                Bind(mount).NonRecursive = true;
                break;
            case "bind-create-src":
                Bind(mount).CreateMountpoint = true;
                break;
            default:
                throw TareException.Invalid($"invalid field '{field}' must be a key=value pair");
        }
    }

    private static void SetValue(MountSpec mount, string key, string value, string field)
    {
        switch (key)
        {
            case "type":
                mount.Type = value.ToLowerInvariant();
                break;
            case "source" or "src":
                mount.Source = value;
                break;
            case "target" or "dst" or "destination":
                mount.Target = value;
                break;
            case "readonly" or "ro":
                mount.ReadOnly = Boolean(key, value);
                break;
            case "consistency":
                mount.Consistency = value.ToLowerInvariant();
                break;
            case "bind-propagation":
                Bind(mount).Propagation = value.ToLowerInvariant();
                break;
            case "bind-nonrecursive":
                Bind(mount).NonRecursive = Boolean(key, value);
                break;
            case "bind-create-src":
                Bind(mount).CreateMountpoint = Boolean(key, value);
                break;
            case "bind-recursive":
                SetRecursive(Bind(mount), value);
                break;
            case "volume-subpath":
                Volume(mount).Subpath = value;
                break;
            case "volume-nocopy":
                Volume(mount).NoCopy = Boolean(key, value);
                break;
            case "volume-label":
                AddPair(Volume(mount).Labels ??= [], value);
                break;
            case "volume-driver":
                Driver(mount).Name = value;
                break;
            case "volume-opt":
                AddPair(Driver(mount).Options ??= [], value);
                break;
            case "image-subpath":
                (mount.ImageOptions ??= new()).Subpath = value;
                break;
            case "tmpfs-size":
                (mount.TmpfsOptions ??= new()).SizeBytes = ByteSize.Parse(value);
                break;
            case "tmpfs-mode":
                (mount.TmpfsOptions ??= new()).Mode = Octal(value);
                break;
            default:
                throw TareException.Invalid($"unexpected key '{key}' in '{field}'");
        }
    }

    private static void SetRecursive(BindOptions bind, string value)
    {
        (bind.NonRecursive, bind.ReadOnlyNonRecursive, bind.ReadOnlyForceRecursive) = value switch
        {
            "enabled" => (false, false, false),
            "disabled" => (true, false, false),
            "writable" => (false, true, false),
            "readonly" => (false, false, true),
            _ => throw TareException.Invalid($"invalid value for bind-recursive: {value} (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"),
        };
    }

    private static void Check(MountSpec mount)
    {
        if (string.IsNullOrEmpty(mount.Type))
            throw TareException.Invalid("type is required");
        if (string.IsNullOrEmpty(mount.Target))
            throw TareException.Invalid("target is required");
        Refuse(mount, "volume", mount.VolumeOptions is not null, "volume-*");
        Refuse(mount, "bind", mount.BindOptions is not null, "bind-*");
        Refuse(mount, "tmpfs", mount.TmpfsOptions is not null, "tmpfs-*");
        Refuse(mount, "image", mount.ImageOptions is not null, "image-*");
        if (mount.Type == "bind" && mount.Source is { } source && source.StartsWith('.'))
            mount.Source = Path.GetFullPath(source);
        if (mount.BindOptions?.ReadOnlyNonRecursive == true && !mount.ReadOnly)
            throw TareException.Invalid("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction");
        if (mount.BindOptions?.ReadOnlyForceRecursive == true && !mount.ReadOnly)
            throw TareException.Invalid("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
        if (mount.BindOptions is { ReadOnlyForceRecursive: true, Propagation: not "rprivate" })
            throw TareException.Invalid("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
    }

    private static void Refuse(MountSpec mount, string type, bool present, string keys)
    {
        if (present && mount.Type != type)
            throw TareException.Invalid($"cannot mix '{keys}' options with mount type '{mount.Type}'");
    }

    private static BindOptions Bind(MountSpec mount) => mount.BindOptions ??= new();

    private static VolumeOptions Volume(MountSpec mount) => mount.VolumeOptions ??= new();

    private static VolumeDriverConfig Driver(MountSpec mount) => Volume(mount).DriverConfig ??= new();

    private static void AddPair(Dictionary<string, string> map, string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        map[equals < 0 ? pair : pair[..equals]] = equals < 0 ? "" : pair[(equals + 1)..];
    }

    private static bool Boolean(string key, string value) => value.ToLowerInvariant() switch
    {
        "1" or "t" or "true" => true,
        "0" or "f" or "false" => false,
        _ => throw TareException.Invalid($"invalid value for {key}: {value}"),
    };

    private static uint Octal(string value)
    {
        uint mode = 0;
        foreach (char c in value)
            mode = c is >= '0' and <= '7' && mode < 0x1000 ? (mode * 8) + (uint)(c - '0') : throw TareException.Invalid($"invalid value for tmpfs-mode: {value}");
        return mode;
    }
}
