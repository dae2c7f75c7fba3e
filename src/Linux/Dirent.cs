using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>One name in a directory; <see cref="Type"/> is a DT_ constant, 0 when the file system does not say.</summary>
public readonly record struct DirectoryEntry(string Name, ulong Inode, byte Type);

/// <summary>dirent.h: listing an open directory by its descriptor.</summary>
public static class Dirent
{
    public const byte DT_UNKNOWN = 0;
    public const byte DT_DIR = 4;

    private static readonly int Getdents64 = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;

    /// <summary>
    /// All names except "." and "..", from the start of the directory, in the file system's order. One that was removed since it was opened has none any more
    /// (ENOENT).
    /// </summary>
    public static unsafe List<DirectoryEntry> List(FileDescriptor directory)
    {
        var entries = new List<DirectoryEntry>();
        Unistd.Seek(directory, 0);
        byte* buffer = stackalloc byte[16 * 1024];
        while (true)
        {
            nint size = RawSyscall.Invoke(Getdents64, directory.Number, (nint)buffer, 16 * 1024);
            if (size == 0 || (size < 0 && SyscallException.LastErrno == Errno.ENOENT))
                return entries;
            _ = SyscallException.Check(size, "getdents64");
            // SAFETY: struct linux_dirent64 in linux/dirent.h: inode 0, length 16, type 18, name 19; the kernel filled `size` bytes.
            for (int offset = 0; offset < size; offset += *(ushort*)(buffer + offset + 16))
            {
                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + offset + 19);
                if (name is not [(byte)'.'] and not [(byte)'.', (byte)'.'])
                    entries.Add(new DirectoryEntry(FileName.Decode(name), *(ulong*)(buffer + offset), buffer[offset + 18]));
            }
        }
    }
}
