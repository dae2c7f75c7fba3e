using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Checkpoint;

/// <summary>What dump and restore have in common: criu_opts of criu's rpc.proto, by its field numbers, and what its failures look like.</summary>
internal static class CriuOptionsMessage
{
    private const string DefaultConfiguration = "/etc/criu/runc.conf";

    /// <summary>Adds what both need to a message, and returns that.</summary>
    public static CriuWriter AddCommon(CriuWriter message, CheckpointOptions options, CriuDirectories directories, string log)
    {
        _ = message
            .Number(1, directories.Images.Number)
            .Flag(4, options.ExternalUnixSockets)
            .Flag(5, options.TcpEstablished)
            .Flag(7, options.ShellJob)
            .Flag(8, options.FileLocks)
            .Number(9, 4)
            .Text(10, log)
            .Flag(12, true)
            .Flag(16, options.AutoDedup)
            .Flag(24, true)
            .Number(34, options.CgroupMode)
            .Number(38, options.EmptyNetwork ? (long)Sched.CLONE_NEWNET : 0)
            .Flag(48, options.LazyPages)
            .Flag(50, true)
            .Text(51, DefaultConfiguration);
        return directories.Work is { } work ? message.Number(17, work.Number) : message;
    }

    /// <summary>The name under which a namespace that criu does not make is handed to it.</summary>
    public static string NamespaceKey(string type) => type == "network" ? "extRootNetNS" : "extRootPidNS";

    /// <summary>criu's own words are in its log alone.</summary>
    public static TareException Failure(string what, CriuAnswer answer, CriuDirectories directories, string log)
    {
        string path = Path.Combine(directories.LogDirectory, log);
        string? reason = SmallFile.TryReadText(path)?.Split('\n').FirstOrDefault(line => line.Contains("Error (", StringComparison.Ordinal));
        string text = reason ?? (answer.Message.Length > 0 ? answer.Message : "\"criu check\" says what this kernel lacks");
        return TareException.Internal($"criu failed: type {what} errno {answer.Errno}: {text.Trim()} (log file: {path})");
    }
}

/// <summary>The descriptors of a checkpoint's directories, which criu opens by their numbers in this process.</summary>
internal sealed class CriuDirectories : IDisposable
{
    private CriuDirectories(FileDescriptor images, FileDescriptor? work, string logDirectory) => (Images, Work, LogDirectory) = (images, work, logDirectory);

    public FileDescriptor Images { get; }
    public FileDescriptor? Work { get; }
    public string LogDirectory { get; }

    /// <summary>
    /// Opens them, making the ones that are missing; with a process, as it sees them: criu mounts in its working directory, which its own mount namespace
    /// must have.
    /// </summary>
    public static CriuDirectories Open(CheckpointOptions options, int? seenBy = null)
    {
        Make(options.ImagePath);
        if (options.WorkPath is not null)
            Make(options.WorkPath);
        FileDescriptor images = OpenDirectory(options.ImagePath, seenBy);
        try
        {
            return new CriuDirectories(images, options.WorkPath is null ? null : OpenDirectory(options.WorkPath, seenBy), options.WorkPath ?? options.ImagePath);
        }
        catch
        {
            images.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Work?.Dispose();
    }

    private static FileDescriptor OpenDirectory(string path, int? seenBy) =>
        Fcntl.Open(seenBy is null ? path : $"/proc/{seenBy}/root{Path.GetFullPath(path)}", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);

    private static void Make(string path) => _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
