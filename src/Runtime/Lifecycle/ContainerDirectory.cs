using System.Text.Json;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>One container's directory below --root. The directory exists before anything it names, and goes last.</summary>
public sealed class ContainerDirectory
{
    private const int MaxId = 1024;

    private ContainerDirectory(string path, string id) => (Path, Id) = (path, id);

    public string Path { get; }
    public string Id { get; }
    public string Gate => System.IO.Path.Combine(Path, "exec.fifo");

    /// <summary>The configuration as it was at create; the bundle may be gone or changed since.</summary>
    public string Configuration => System.IO.Path.Combine(Path, "config.json");
    private string NewStateFile => StateFile + ".new";
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
        Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, Path, 0x1c0 /* 0700 */);
        if (errno == Errno.ENOENT)
        {
            _ = Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, Path, 0x1c0);
        }
        if (errno == Errno.EEXIST)
            throw TareException.Conflict($"container with given ID already exists: {Id}");
        if (errno != Errno.None)
            throw new SyscallException("mkdir", errno, Path);
    }

    /// <summary>Writes the state for everybody to see.</summary>
    public void Save(ContainerState state)
    {
        Prepare(state);
        Commit();
    }

    /// <summary>Writes the state where nobody looks for it yet.</summary>
    public void Prepare(ContainerState state) => SmallFile.Write(NewStateFile, StateDocument.Write(state));

    /// <summary>What <see cref="Prepare"/> has written becomes the container's state.</summary>
    public void Commit() => SmallFile.Rename(NewStateFile, StateFile);

    /// <summary>False when another call has removed the container.</summary>
    public bool HasState => System.IO.Path.Exists(StateFile);

    /// <summary>Reads the state; the text of the failure is what shims look for.</summary>
    public ContainerState Load()
    {
        Errno errno = SmallFile.TryRead(StateFile, out byte[] document);
        if (errno is Errno.ENOENT or Errno.ENOTDIR)
            throw TareException.NotFound("container does not exist");
        if (errno != Errno.None)
            throw new SyscallException("read", errno, StateFile);
        try
        {
            return StateDocument.Read(document);
        }
        catch (JsonException e)
        {
            throw TareException.Internal($"{StateFile} is damaged; delete --force removes what is left of the container", e);
        }
    }

    /// <summary>The configuration the container was made from.</summary>
    public RuntimeSpec LoadConfiguration()
    {
        try
        {
            return RuntimeSpec.Parse(SmallFile.Read(Configuration));
        }
        catch (JsonException e)
        {
            throw TareException.Internal($"{Configuration} is damaged", e);
        }
    }

    /// <summary>Removes it with everything inside.</summary>
    public void Remove()
    {
        foreach (string file in (string[])[StateFile, Configuration, Gate])
            _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, file);
        if (Unistd.TryUnlink(FileDescriptor.CurrentDirectory, Path, Unistd.AT_REMOVEDIR) is Errno.None or Errno.ENOENT)
            return;
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
