using Tare.Linux;

namespace Tare.Archive.Files;

/// <summary>How overlayfs marks deletions in an upper directory (kernel documentation, overlayfs.rst, "whiteouts and opaque directories").</summary>
internal static class OverlayMarks
{
    public const string Opaque = "trusted.overlay.opaque";
    public const string Redirect = "trusted.overlay.redirect";
    public const string Metacopy = "trusted.overlay.metacopy";

    /// <summary>A character device 0:0.</summary>
    public static bool IsWhiteout(in FileStatus status) => status.Type == FileStatus.S_IFCHR && status.RdevMajor == 0 && status.RdevMinor == 0;

    /// <summary>True when a directory hides everything of the same name below it.</summary>
    public static bool IsOpaque(FileDescriptor directory, string name) =>
        Xattr.TryGet(directory, name, Opaque, out byte[] value) == Errno.None && value is [(byte)'y'];

    /// <summary>Attributes that steer overlayfs itself; they never go into an archive and are never taken from one.</summary>
    public static bool IsPrivate(string attribute) =>
        attribute.StartsWith("trusted.overlay.", StringComparison.Ordinal) || attribute.StartsWith("user.overlay.", StringComparison.Ordinal);

    public static Errno MakeWhiteout(FileDescriptor directory, string name) => Stat.TryMakeNode(directory, name, FileStatus.S_IFCHR, 0, 0);

    public static Errno MakeOpaque(FileDescriptor directory, string name) => Xattr.TrySet(directory, name, Opaque, "y"u8);
}
