using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Files;

/// <summary>Gives the error numbers of file operations a kind: a full disk or quota is OutOfSpace, a name that is too long the archive's fault.</summary>
public static class FileFailure
{
    /// <summary>The exception for a failed operation on a path inside an archive or tree.</summary>
    public static TareException Translate(Errno errno, string operation, string path) => new(
        errno switch
        {
            Errno.ENOSPC or Errno.EDQUOT => ErrorKind.OutOfSpace,
            Errno.ENOENT => ErrorKind.NotFound,
            Errno.ENAMETOOLONG or Errno.ENOTDIR or Errno.EISDIR or Errno.ELOOP or Errno.EXDEV => ErrorKind.InvalidArgument,
            Errno.EROFS => ErrorKind.Forbidden,
            _ => ErrorKind.Internal,
        },
        $"{operation} {path}: {errno.Describe()}");

    /// <summary>Throws unless the operation succeeded.</summary>
    public static void Check(Errno errno, string operation, string path)
    {
        if (errno != Errno.None)
            throw Translate(errno, operation, path);
    }
}
