using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Errors;

namespace Tare.Runtime.Checkpoint;

/// <summary>
/// A restore that is ready but for criu: whoever is to be the parent of what is restored spawns <see cref="Program"/> with <see cref="Passed"/>, on the
/// streams that the container gets, and then <see cref="Follow"/> does the rest. Used by one thread at a time.
/// </summary>
public sealed class PreparedRestore : IDisposable
{
    private const string Log = "restore.log";
    private readonly CheckpointOptions _options;
    private readonly CriuWriter _request;
    private readonly FileDescriptor _socket;
    private readonly FileDescriptor _theirs;
    private readonly List<FileDescriptor> _opened;

    private PreparedRestore(CheckpointOptions options, CriuWriter request, List<FileDescriptor> opened)
    {
        (_options, _request, _opened) = (options, request, opened);
        (_socket, _theirs) = Socket.Pair(Socket.SOCK_SEQPACKET);
    }

    /// <summary>What becomes criu.</summary>
    public CompiledContainer Program { get; private set; } = null!;

    /// <summary>What the program refers to.</summary>
    public IReadOnlyList<FileDescriptor> Passed { get; private set; } = [];

    /// <summary>Looks at the checkpoint and makes what lacks in the root file system; NotFound where there is none.</summary>
    public static PreparedRestore Prepare(RestoreSource source, CheckpointOptions options)
    {
        IReadOnlyList<StreamFile> streams = StreamFile.Load(options.ImagePath);
        List<FileDescriptor> opened = [];
        try
        {
            using (FileDescriptor root = source.Root?.Duplicate() ?? Fcntl.Open(source.Rootfs!, Fcntl.O_PATH | Fcntl.O_DIRECTORY))
                CriuMounts.MakePlaces(source.Spec, root, source.Mounts);
            CriuWriter request = new CriuWriter().Flag(6, true).Flag(26, true).Text(13, source.Place).Text(53, options.LsmProfile).Text(63, options.LsmMountContext);
            List<FileDescriptor> inherited = [];
            AddNamespaces(request, source, inherited, opened);
            for (int i = 0; i < streams.Count; i++)
                if (streams[i].IsInherited)
                    AddInherited(request, streams[i].Name, i);
            PreparedMount[] mounts = [.. source.Mounts.Values];
            CriuView view = new()
            {
                Place = source.Place,
                Rootfs = source.Rootfs,
                MountsPlace = source.MountsPlace,
                AreDirectories = [.. mounts.Select(mount => mount.IsDirectory)],
            };
            CriuMounts.AddForRestore(request, source.Spec, source.Mounts.Keys.Select((destination, i) => (destination, i)).ToDictionary(m => m.destination, m => view.PathOf(m.i)));
            IReadOnlyList<FileDescriptor> tasks = source.Group?.TaskFiles ?? [];
            PreparedRestore prepared = new(options, request, opened) { Program = CriuProgram.Build(1 + inherited.Count, tasks.Count, view, source.StreamOwner) };
            prepared.Passed = [.. tasks, .. source.Root is { } detached ? [detached] : Array.Empty<FileDescriptor>(), .. mounts.Select(mount => mount.Mount), prepared._theirs, .. inherited];
            return prepared;
        }
        catch
        {
            opened.ForEach(descriptor => descriptor.Dispose());
            throw;
        }
    }

    /// <summary>Restores through a criu that runs; returns the first process. On failure criu has taken back what it made.</summary>
    public int Follow(int criu, RestoreEvents events)
    {
        _theirs.Dispose();
        using CriuSession session = new(_socket);
        using CriuDirectories directories = CriuDirectories.Open(_options, criu);
        _ = CriuOptionsMessage.AddCommon(_request, _options, directories, Log);
        foreach ((string controller, string path) in GroupsOf(criu))
            _ = _request.Message(25, new CriuWriter().Text(1, controller).Text(2, path));
        FileDescriptor? terminal = null;
        try
        {
            CriuAnswer answer = session.Ask(CriuRequest.Restore, _request, (script, pid, descriptor) =>
            {
                if (script == "orphan-pts-master" && descriptor is not null)
                    terminal = descriptor.Duplicate();
                else if (script == "setup-namespaces")
                    events.NamespacesMade?.Invoke(pid);
                else if (script == "post-restore")
                    events.Restored?.Invoke(pid, terminal);
            });
            return answer.Success ? answer.Pid : throw CriuOptionsMessage.Failure("restore", answer, directories, Log);
        }
        finally
        {
            terminal?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _theirs.Dispose();
        _socket.Dispose();
        _opened.ForEach(descriptor => descriptor.Dispose());
    }

    /// <summary>criu is handed networks and pid namespaces as descriptors, all others by their paths.</summary>
    private static void AddNamespaces(CriuWriter request, RestoreSource source, List<FileDescriptor> inherited, List<FileDescriptor> opened)
    {
        foreach ((string type, FileDescriptor descriptor) in source.Namespaces)
            AddNamespace(request, type, descriptor, inherited);
        foreach (NamespaceSpec ns in source.Spec.Linux?.Namespaces ?? [])
        {
            if (string.IsNullOrEmpty(ns.Path))
                continue;
            if (ns.Type == "cgroup")
                throw new TareException(ErrorKind.NotSupported, "a joined cgroup namespace cannot be restored: criu knows none");
            if (ns.Type is "network" or "pid")
            {
                opened.Add(Lifecycle.NamespaceFile.Open(ns));
                AddNamespace(request, ns.Type, opened[^1], inherited);
            }
            else
            {
                _ = request.Message(39, new CriuWriter().Text(1, ns.Type == "mount" ? "mnt" : ns.Type).Text(2, ns.Path));
            }
        }
    }

    private static void AddNamespace(CriuWriter request, string type, FileDescriptor descriptor, List<FileDescriptor> inherited)
    {
        AddInherited(request, CriuOptionsMessage.NamespaceKey(type), CriuProgram.FirstPassed + inherited.Count);
        inherited.Add(descriptor);
    }

    private static void AddInherited(CriuWriter request, string key, int number) => _ = request.Message(27, new CriuWriter().Text(1, key).Number(2, number));

    /// <summary>Each controller with the group that criu is in, from lines such as "4:cpu,cpuacct:/path".</summary>
    private static IEnumerable<(string Controller, string Path)> GroupsOf(int pid)
    {
        foreach (string line in (SmallFile.TryReadText($"/proc/{pid}/cgroup") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (line.Split(':', 3) is { Length: 3 } parts)
                foreach (string controller in parts[1].Split(','))
                    yield return (controller, parts[2]);
    }
}
