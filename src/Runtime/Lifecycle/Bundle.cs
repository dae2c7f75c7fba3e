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
    /// <summary>Reads the config.json of a bundle.</summary>
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
            return new Bundle(document, RuntimeSpec.Parse(document));
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is not a valid configuration", e);
        }
    }
}
