using Tare.Linux;

namespace Tare.Archive.Files;

/// <summary>Reads the extended attributes that belong into an archive: all but those of overlayfs and those the kernel makes up.</summary>
internal static class FileXattrs
{
    /// <summary>The attributes of a name (an empty one is the directory itself), or null when there are none.</summary>
    public static Dictionary<string, byte[]>? Read(FileDescriptor directory, string name)
    {
        Errno errno = Xattr.TryList(directory, name, out IReadOnlyList<string> attributes);
        if (errno is Errno.ENOTSUP or Errno.ENOENT || attributes.Count == 0)
            return null;
        FileFailure.Check(errno, "list attributes of", name);
        Dictionary<string, byte[]>? values = null;
        foreach (string attribute in attributes)
        {
            // Labels are the host's business: they are given anew where the image is used.
            if (OverlayMarks.IsPrivate(attribute) || attribute is "security.selinux" or "security.ima" or "security.evm")
                continue;
            if (Xattr.TryGet(directory, name, attribute, out byte[] value) == Errno.None)
                (values ??= [])[attribute] = value;
        }
        return values;
    }
}
