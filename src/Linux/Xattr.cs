using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>sys/xattr.h: extended attributes of one name in a directory, links not followed. Works for every kind of file.</summary>
public static partial class Xattr
{
    /// <summary>The names of all attributes the caller may see.</summary>
    public static unsafe Errno TryList(FileDescriptor directory, string name, out IReadOnlyList<string> attributes)
    {
        attributes = [];
        string path = PathOf(directory, name);
        byte[] buffer = new byte[256];
        while (true)
        {
            nint size;
            fixed (byte* start = buffer)
                size = llistxattr(path, start, (nuint)buffer.Length);
            if (size < 0 && SyscallException.LastErrno == Errno.ERANGE && buffer.Length < 1 << 17)
            {
                buffer = new byte[buffer.Length * 4];
                continue;
            }
            if (size < 0)
                return SyscallException.LastErrno;
            if (size > 0)
                attributes = FileName.Decode(buffer.AsSpan(0, (int)size)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
            return Errno.None;
        }
    }

    /// <summary>The value of an attribute; ENODATA when there is none.</summary>
    public static unsafe Errno TryGet(FileDescriptor directory, string name, string attribute, out byte[] value)
    {
        value = [];
        string path = PathOf(directory, name);
        byte[] buffer = new byte[256];
        while (true)
        {
            nint size;
            fixed (byte* start = buffer)
                size = lgetxattr(path, attribute, start, (nuint)buffer.Length);
            if (size < 0 && SyscallException.LastErrno == Errno.ERANGE && buffer.Length < 1 << 17)
            {
                buffer = new byte[buffer.Length * 4];
                continue;
            }
            if (size < 0)
                return SyscallException.LastErrno;
            value = buffer[..(int)size];
            return Errno.None;
        }
    }

    /// <summary>Sets an attribute, making or replacing it.</summary>
    public static unsafe Errno TrySet(FileDescriptor directory, string name, string attribute, ReadOnlySpan<byte> value)
    {
        // SAFETY: the value is pinned during the call; the kernel reads exactly its length.
        fixed (byte* start = value)
            return lsetxattr(PathOf(directory, name), attribute, start, (nuint)value.Length, 0) == 0 ? Errno.None : SyscallException.LastErrno;
    }

    // The descriptor's magic link leads to the directory itself; the name is one component below it, and l…xattr do not follow it.
    private static string PathOf(FileDescriptor directory, string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException("not a single name", nameof(name));
        return $"/proc/self/fd/{directory.Number}/{(name.Length == 0 ? "." : name)}";
    }

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static unsafe partial nint llistxattr(string path, byte* list, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static unsafe partial nint lgetxattr(string path, string name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static unsafe partial int lsetxattr(string path, string name, byte* value, nuint size, int flags);
}
