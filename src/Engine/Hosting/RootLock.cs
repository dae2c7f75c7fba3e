using System.Globalization;
using System.Text;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Hosting;

/// <summary>Holds a root directory for one engine: a lock that the kernel gives back when the process ends, however it ends.</summary>
internal sealed class RootLock : IDisposable
{
    private const int EWouldBlock = 11;
    private readonly FileStream _file;

    private RootLock(FileStream file) => _file = file;

    /// <summary>Makes the directory and takes it; Conflict when another engine has it.</summary>
    public static RootLock Take(string directory, uint mode, string option)
    {
        try
        {
            if (!Directory.Exists(directory))
            {
                _ = Directory.CreateDirectory(directory);
                Errno errno = Stat.TryChmodAt(FileDescriptor.CurrentDirectory, directory, mode);
                if (errno != Errno.None)
                    throw TareException.Internal($"chmod {directory}: {errno.Describe()}");
            }
            var file = new FileStream(Path.Combine(directory, "tared.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            WritePid(file);
            return new RootLock(file);
        }
        catch (IOException error) when (error.HResult == EWouldBlock)
        {
            throw new TareException(ErrorKind.Conflict, $"{directory} is in use by another tared; stop it or give another --{option}");
        }
        catch (UnauthorizedAccessException error)
        {
            throw new TareException(ErrorKind.Forbidden, $"use {directory} as --{option}: tared must run as root", error);
        }
    }

    /// <summary>For people who look; the lock holds without it, also on a full disk.</summary>
    private static void WritePid(FileStream file)
    {
        try
        {
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        }
        catch (IOException)
        {
            return;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
