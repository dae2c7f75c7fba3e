using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Checkpoint;

/// <summary>A standard stream of a container as criu names it, so that restore can put another one in its place.</summary>
/// <param name="Name">"pipe:[inode]", "file[mount:inode]" for a fifo of the host's, or a path.</param>
/// <param name="Inode">The stream's own.</param>
internal sealed record StreamFile(string Name, ulong Inode)
{
    private const string FileName = "descriptors.json";

    /// <summary>A fifo that lies outside the container.</summary>
    public bool IsFifo => Name.StartsWith("file[", StringComparison.Ordinal);

    /// <summary>One that restore gets from outside.</summary>
    public bool IsInherited => IsFifo || Name.StartsWith("pipe:", StringComparison.Ordinal);

    /// <summary>The streams 0 to 2 of a process.</summary>
    public static IReadOnlyList<StreamFile> Of(int pid)
    {
        string mounts = SmallFile.TryReadText($"/proc/{pid}/mountinfo") ?? "";
        return [.. Enumerable.Range(0, 3).Select(number => Of(pid, number, mounts))];
    }

    /// <summary>Writes them down beside criu's images.</summary>
    public static void Save(string images, IReadOnlyList<StreamFile> streams) => SmallFile.Write(Path.Combine(images, FileName),
        JsonSerializer.SerializeToUtf8Bytes([.. streams.Select(stream => stream.Name)], StreamFileJson.Default.StringArray));

    /// <summary>What <see cref="Save"/> has written; NotFound where no checkpoint is.</summary>
    public static IReadOnlyList<StreamFile> Load(string images)
    {
        string path = Path.Combine(images, FileName);
        Errno errno = SmallFile.TryRead(path, out byte[] content);
        if (errno != Errno.None)
            throw new TareException(ErrorKind.NotFound, $"{images} holds no checkpoint", new SyscallException("open", errno, path));
        try
        {
            return [.. (JsonSerializer.Deserialize(content, StreamFileJson.Default.StringArray) ?? []).Select(name => new StreamFile(name, 0))];
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is damaged", e);
        }
    }

    private static StreamFile Of(int pid, int number, string mounts)
    {
        string link = $"/proc/{pid}/fd/{number.ToString(CultureInfo.InvariantCulture)}";
        if (Unistd.TryReadLink(FileDescriptor.CurrentDirectory, link, out string target) != Errno.None)
            return new StreamFile("", 0);
        if (!target.StartsWith('/') || Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, link, Fcntl.O_PATH, 0, out FileDescriptor file) != Errno.None)
            return new StreamFile(target, 0);
        using (file)
        {
            FileStatus status = Stat.Of(file);
            bool isOutside = !mounts.Split('\n').Any(line => line.StartsWith(status.MountId.ToString(CultureInfo.InvariantCulture) + " ", StringComparison.Ordinal));
            return status.Type == FileStatus.S_IFIFO && isOutside ? new StreamFile($"file[{status.MountId:x}:{status.Inode:x}]", status.Inode) : new StreamFile(target, 0);
        }
    }
}

/// <summary>descriptors.json.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class StreamFileJson : JsonSerializerContext;
