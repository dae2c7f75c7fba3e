using System.Text.Json;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>A bundle's configuration (bundle.md): as it was written, which is what the container's directory keeps, and as it was understood.</summary>
/// <param name="Document">config.json.</param>
/// <param name="Spec">What it says; create completes it.</param>
public sealed record Bundle(byte[] Document, RuntimeSpec Spec)
{
    /// <summary>Reads the config.json of a bundle. Sources of binds that are relative paths begin at the bundle (config.md#mounts).</summary>
    public static Bundle Read(string directory)
    {
        string path = Path.Combine(directory, "config.json");
        Errno errno = SmallFile.TryRead(path, out byte[] document);
        if (errno is Errno.ENOENT or Errno.ENOTDIR)
            throw TareException.NotFound($"JSON specification file {path} not found: no such file or directory");
        if (errno != Errno.None)
            throw new SyscallException("read", errno, path);
        try
        {
            RuntimeSpec spec = RuntimeSpec.Parse(document);
            foreach (MountSpec mount in spec.Mounts ?? [])
                if (mount.Source is { Length: > 0 } source && source[0] != '/' && MountOptions.Parse(mount).Bind)
                    mount.Source = Path.GetFullPath(Path.Combine(directory, source));
            return new Bundle(document, spec);
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is not a valid configuration", e);
        }
    }
}
