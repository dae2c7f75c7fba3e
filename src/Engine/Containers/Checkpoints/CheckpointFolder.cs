using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Containers.Checkpoints;

/// <summary>
/// Checkpoints of a container on disk: a directory each, below the container's own or below one that the caller names. One that is being written has another
/// name, and gets its own when it is complete.
/// </summary>
internal sealed class CheckpointFolder
{
    private const string Partial = ".partial-";

    /// <summary>What every checkpoint of criu's has.</summary>
    private const string Inventory = "inventory.img";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _root;
    private readonly string _container;
    private readonly bool _isOwn;

    /// <param name="directory">The directory that the caller names, or null or empty.</param>
    internal CheckpointFolder(ContainerContext context, ContainerRecord record, string? directory)
    {
        _isOwn = string.IsNullOrEmpty(directory);
        if (!_isOwn && !Path.IsPathRooted(directory))
            throw TareException.Invalid($"checkpoint directory \"{directory}\" is not an absolute path");
        (_root, _container) = (_isOwn ? context.Paths.Checkpoints(record.Id) : Path.GetFullPath(directory!), record.Name);
    }

    /// <summary>Names in order, of those that are complete.</summary>
    internal IReadOnlyList<string> List()
    {
        if (File.Exists(_root))
            throw TareException.Invalid($"checkpoint directory \"{_root}\" exists but is not a directory");
        if (Directory.Exists(_root))
            return [.. Directory.EnumerateDirectories(_root).Select(path => Path.GetFileName(path)).Where(IsComplete).Order(StringComparer.Ordinal)];
        return _isOwn ? [] : throw TareException.NotFound($"checkpoint directory \"{_root}\" does not exist for container {_container}");
    }

    /// <summary>The directory of a complete checkpoint; NotFound when there is none.</summary>
    internal string Find(string name)
    {
        return IsComplete(name) ? Path.Combine(_root, name) : throw TareException.NotFound($"checkpoint {name} does not exist for container {_container}");
    }

    /// <summary>An empty directory to write a checkpoint into; Conflict when the name is taken.</summary>
    internal string Begin(string name)
    {
        if (Path.Exists(Path.Combine(_root, name)))
            throw TareException.Conflict($"checkpoint with name {name} already exists for container {_container}");
        Abandon(name);
        _ = Directory.CreateDirectory(_root, OwnerOnly);
        return Directory.CreateDirectory(Path.Combine(_root, Partial + name), OwnerOnly).FullName;
    }

    /// <summary>What has been written becomes the checkpoint, and outlives the machine's power.</summary>
    internal void Commit(string name)
    {
        string written = Path.Combine(_root, Partial + name);
        foreach (string file in Directory.EnumerateFiles(written))
            Sync(file);
        Sync(written);
        SmallFile.Rename(written, Path.Combine(_root, name));
        Sync(_root);
    }

    /// <summary>Drops what was not completed.</summary>
    internal void Abandon(string name) => Delete(Path.Combine(_root, Partial + name));

    /// <summary>Drops what an engine that died has left incomplete.</summary>
    internal void Sweep()
    {
        if (!Directory.Exists(_root))
            return;
        foreach (string left in Directory.EnumerateDirectories(_root, Partial + "*"))
            Delete(left);
    }

    /// <summary>Removes a checkpoint. It is no longer complete before its files go.</summary>
    internal void Remove(string name)
    {
        string path = Find(name);
        Abandon(name);
        SmallFile.Rename(path, Path.Combine(_root, Partial + name));
        Abandon(name);
    }

    private bool IsComplete(string name) => !name.StartsWith('.') && File.Exists(Path.Combine(_root, name, Inventory));

    /// <summary>InvalidArgument for a name that is not allowed; every other method wants one that is.</summary>
    internal static void CheckName(string name)
    {
        if (name.Length < 2 || !char.IsAsciiLetterOrDigit(name[0]) || name.EndsWith('.') || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
            throw TareException.Invalid($"invalid checkpoint ID \"{name}\", only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    private static void Sync(string path)
    {
        using FileDescriptor file = Fcntl.Open(path, Fcntl.O_RDONLY);
        Unistd.Sync(file);
    }
}
