using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>What tare-runtime remembers of a container between two calls: state.json in its directory below --root.</summary>
public sealed record ContainerState
{
    [JsonPropertyName("ociVersion")] public string OciVersion { get; init; } = "1.3.0";
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("pid")] public required int Pid { get; init; }

    /// <summary>Start time of the process in clock ticks since boot (proc_pid_stat(5), field 22): a reused pid is not taken for it.</summary>
    [JsonPropertyName("startTime")] public required ulong StartTime { get; init; }

    [JsonPropertyName("bundle")] public required string Bundle { get; init; }
    [JsonPropertyName("rootfs")] public required string Rootfs { get; init; }
    [JsonPropertyName("created")] public required DateTime Created { get; init; }
    [JsonPropertyName("cgroup")] public required string Cgroup { get; init; }
    [JsonPropertyName("namespaces")] public required ulong Namespaces { get; init; }
    [JsonPropertyName("annotations")] public IDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The state that `state` and `list` print (runtime.md#state).</summary>
public sealed record ContainerReport
{
    [JsonPropertyName("ociVersion")] public required string OciVersion { get; init; }
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("pid")] public required int Pid { get; init; }
    [JsonPropertyName("status")] public required string Status { get; init; }
    [JsonPropertyName("bundle")] public required string Bundle { get; init; }
    [JsonPropertyName("rootfs")] public required string Rootfs { get; init; }
    [JsonPropertyName("created")] public required DateTime Created { get; init; }
    [JsonPropertyName("annotations")] public IDictionary<string, string>? Annotations { get; init; }
    [JsonPropertyName("owner")] public string Owner { get; init; } = "";
}

/// <summary>Serialization of both.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerState))]
[JsonSerializable(typeof(ContainerReport))]
[JsonSerializable(typeof(List<ContainerReport>))]
[JsonSerializable(typeof(List<int>))]
public sealed partial class ContainerStateJson : JsonSerializerContext;

/// <summary>One container's directory below --root. The directory exists before anything it names, and goes last.</summary>
public sealed class ContainerDirectory
{
    private const int MaxId = 1024;

    private ContainerDirectory(string path, string id) => (Path, Id) = (path, id);

    public string Path { get; }
    public string Id { get; }
    public string Anchor => System.IO.Path.Combine(Path, "root");
    public string Gate => System.IO.Path.Combine(Path, "exec.fifo");
    private string StateFile => System.IO.Path.Combine(Path, "state.json");

    /// <summary>The directory of an id, which need not exist. Ids are names, never paths.</summary>
    public static ContainerDirectory Of(string root, string id)
    {
        if (id.Length is 0 or > MaxId || id is "." or ".." || id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '+' or '.')))
            throw TareException.Invalid($"invalid container id \"{id}\": use letters, digits, _ + - .");
        return new ContainerDirectory(System.IO.Path.Combine(root, id), id);
    }

    /// <summary>Makes it; the id must be free.</summary>
    public void Create(string root)
    {
        _ = Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, Path, 0x1c0 /* 0700 */);
        if (errno == Errno.EEXIST)
            throw TareException.Conflict($"container with given ID already exists: {Id}");
        if (errno != Errno.None)
            throw new SyscallException("mkdir", errno, Path);
        _ = Directory.CreateDirectory(Anchor);
    }

    public void Save(ContainerState state)
    {
        string temporary = StateFile + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(state, ContainerStateJson.Default.ContainerState));
        File.Move(temporary, StateFile, overwrite: true);
    }

    /// <summary>Reads the state; the text of the failure is what shims look for.</summary>
    public ContainerState Load()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(StateFile), ContainerStateJson.Default.ContainerState)!;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw TareException.NotFound("container does not exist");
        }
    }

    /// <summary>Removes it with everything inside.</summary>
    public void Remove()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
