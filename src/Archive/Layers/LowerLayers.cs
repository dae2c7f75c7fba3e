using Tare.Linux;

namespace Tare.Archive.Layers;

/// <summary>
/// The directories of the layers below one that is applied, topmost first, opened when the first one is needed: most layers need none, and those
/// below may still be on their way. Owns the descriptors; not thread-safe.
/// </summary>
public sealed class LowerLayers(Func<IReadOnlyList<FileDescriptor>> open) : IDisposable
{
    private IReadOnlyList<FileDescriptor>? _directories;

    /// <summary>Nothing lies below.</summary>
    public static LowerLayers None => new(() => []);

    internal IReadOnlyList<FileDescriptor> Directories => _directories ??= open();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor directory in _directories ?? [])
            directory.Dispose();
        _directories = [];
    }
}
