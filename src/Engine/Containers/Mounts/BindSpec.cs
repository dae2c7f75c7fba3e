using Tare.Engine.Containers.State;
using Tare.Errors;

namespace Tare.Engine.Containers.Mounts;

/// <summary>Reads "source:destination[:options]" of -v. Pure; volumes have no source yet.</summary>
internal static class BindSpec
{
    internal static MountRecord Parse(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length is < 2 or > 3 || parts[0].Length == 0)
            throw TareException.Invalid($"invalid volume specification: '{text}'");
        bool isVolume = !parts[0].StartsWith('/');
        if (isVolume)
            CheckName(parts[0]);
        MountRecord mount = new()
        {
            Kind = isVolume ? MountKind.Volume : MountKind.Bind,
            Destination = MountPath.Clean(parts[1], text),
            Source = isVolume ? "" : MountPath.Normalise(parts[0]),
            VolumeName = isVolume ? parts[0] : null,
            Driver = isVolume ? "local" : null,
            Mode = parts.Length == 3 ? parts[2] : isVolume ? "z" : "",
        };
        foreach (string option in parts.Length == 3 ? parts[2].Split(',') : [])
            mount = Apply(mount, option, parts[2]);
        return mount;
    }

    /// <summary>Volume names: at least two of the allowed characters.</summary>
    internal static void CheckName(string name)
    {
        if (name.Length < 2 || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
        {
            throw TareException.Invalid($"create {name}: \"{name}\" includes invalid characters for a local volume name, "
                + "only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path");
        }
    }

    private static MountRecord Apply(MountRecord mount, string option, string mode) => option switch
    {
        "ro" => mount with { ReadOnly = true },
        "rw" or "z" or "Z" or "consistent" or "cached" or "delegated" => mount,
        "nocopy" when mount.Kind == MountKind.Volume => mount with { NoCopy = true },
        "copy" when mount.Kind == MountKind.Volume => mount,
        "private" or "rprivate" or "shared" or "rshared" or "slave" or "rslave" when mount.Kind == MountKind.Bind => mount with { Propagation = option },
        _ => throw TareException.Invalid($"invalid mode: {mode}"),
    };
}
