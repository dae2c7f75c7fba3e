using System.Text.Json;
using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>What `create` and `run` take.</summary>
public sealed record CreateOptions
{
    public required string Root { get; init; }
    public required string Id { get; init; }
    public required string Bundle { get; init; }
    public string? ConsoleSocket { get; init; }
    public string? PidFile { get; init; }
    public bool NewKeyring { get; init; } = true;
    public int PreservedDescriptors { get; init; }
}

/// <summary>Makes a container from a bundle: everything is prepared, and the process waits at its gate for `start`.</summary>
public static class Create
{
    /// <summary>Reads and checks the bundle's config.json.</summary>
    public static RuntimeSpec ReadSpec(string bundle)
    {
        string path = Path.Combine(bundle, "config.json");
        try
        {
            return RuntimeSpec.Parse(File.ReadAllBytes(path));
        }
        catch (FileNotFoundException)
        {
            throw TareException.NotFound($"JSON specification file {path} not found: no such file or directory");
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is not a valid configuration", e);
        }
    }

    /// <summary>Creates; on failure nothing stays behind. The caller owns the result's descriptors.</summary>
    public static Launched Run(CreateOptions options, RuntimeSpec spec)
    {
        Refuse(spec, options);
        ContainerDirectory directory = ContainerDirectory.Of(options.Root, options.Id);
        directory.Create(options.Root);
        ContainerCgroup? cgroup = null;
        Launched? launched = null;
        List<FileDescriptor> passed = [];
        try
        {
            string rootfs = Path.GetFullPath(Path.Combine(options.Bundle, spec.Root?.Path ?? "rootfs"));
            CgroupHierarchy hierarchy = CgroupHierarchy.Detect();
            string path = spec.Linux?.CgroupsPath is { Length: > 0 } given ? "/" + given.Trim('/') : $"/{options.Id}";
            cgroup = ContainerCgroup.Create(hierarchy, path, CgroupConfiguration.Limits(spec.Linux?.Resources));
            using CgroupEntry entry = cgroup.OpenEntry();
            passed.Add(Mount.CloneTree(rootfs, recursive: true));
            passed.Add(MakeGate(directory.Gate));
            passed.AddRange(entry.TaskFiles);
            (Dictionary<string, int> join, FileDescriptor? pidNamespace) = OpenNamespaces(spec, passed);
            CompiledContainer compiled = ContainerCompiler.Compile(spec, new CompileContext
            {
                Root = 0,
                StartGate = 1,
                CgroupProcs = [.. Enumerable.Range(2, entry.TaskFiles.Count)],
                Join = join,
                Anchor = directory.Anchor,
                CgroupMounts = CgroupConfiguration.Mounts(hierarchy, cgroup),
                NewKeyring = options.NewKeyring,
            });
            launched = Launch.Start(compiled, passed, entry.CloneInto, pidNamespace, spec.Process!.Terminal);
            Record(options, spec, directory, path, rootfs, compiled.Namespaces, launched.Pid);
            if (launched.Terminal is not null && options.ConsoleSocket is not null)
                SendTerminal(options.ConsoleSocket, launched.Terminal);
            if (options.PidFile is not null)
                File.WriteAllText(options.PidFile, launched.Pid.ToString());
            return launched;
        }
        catch
        {
            if (launched is not null)
            {
                _ = Process.TrySignal(launched.PidFd, Process.SIGKILL);
                _ = Process.TryReap(launched.PidFd, wait: true, out _);
            }
            _ = cgroup?.TryDelete(TimeSpan.FromSeconds(1));
            directory.Remove();
            throw;
        }
        finally
        {
            foreach (FileDescriptor fd in passed)
                fd.Dispose();
        }
    }

    private static void Record(CreateOptions options, RuntimeSpec spec, ContainerDirectory directory, string cgroup, string rootfs, ulong namespaces, int pid) =>
        directory.Save(new ContainerState
        {
            OciVersion = spec.OciVersion,
            Id = options.Id,
            Pid = pid,
            StartTime = ContainerProcess.StartTimeOf(pid) ?? 0,
            Bundle = Path.GetFullPath(options.Bundle),
            Rootfs = rootfs,
            Created = DateTime.UtcNow,
            Cgroup = cgroup,
            Namespaces = namespaces,
            Annotations = spec.Annotations,
        });

    /// <summary>What this version cannot do is refused before anything is made.</summary>
    private static void Refuse(RuntimeSpec spec, CreateOptions options)
    {
        if (spec.Process is null)
            throw TareException.Invalid("config.json has no process");
        if (spec.Hooks is { } hooks && new[] { hooks.Prestart, hooks.CreateRuntime, hooks.CreateContainer, hooks.StartContainer, hooks.Poststart, hooks.Poststop }.Any(h => h is { Count: > 0 }))
            throw new TareException(ErrorKind.NotSupported, "hooks are not supported by this version");
        if (options.PreservedDescriptors > 0)
            throw new TareException(ErrorKind.NotSupported, "--preserve-fds is not supported by this version");
        if (spec.Process.Terminal && options.ConsoleSocket is null)
            throw TareException.Invalid("cannot allocate tty if runc will detach without setting console socket");
        if (!spec.Process.Terminal && options.ConsoleSocket is not null)
            throw TareException.Invalid("cannot use console socket if runc will not detach or allocate tty");
    }

    /// <summary>A fifo open for reading and writing: the program waits for one byte, and `start` finds it by its name.</summary>
    private static FileDescriptor MakeGate(string path)
    {
        Errno errno = Stat.TryMakeNode(FileDescriptor.CurrentDirectory, path, FileStatus.S_IFIFO | 0x180 /* 0600 */);
        return errno == Errno.None ? Fcntl.Open(path, Fcntl.O_RDWR) : throw new SyscallException("mkfifo", errno, path);
    }

    private static (Dictionary<string, int> Join, FileDescriptor? Pid) OpenNamespaces(RuntimeSpec spec, List<FileDescriptor> passed)
    {
        Dictionary<string, int> join = [];
        FileDescriptor? pid = null;
        foreach (NamespaceSpec ns in spec.Linux?.Namespaces ?? [])
        {
            if (string.IsNullOrEmpty(ns.Path))
                continue;
            FileDescriptor opened = Fcntl.Open(ns.Path, Fcntl.O_RDONLY);
            passed.Add(opened);
            if (ns.Type == "pid")
                pid = opened;
            else
                join[ns.Type] = passed.Count - 1;
        }
        return (join, pid);
    }

    private static void SendTerminal(string socketPath, FileDescriptor terminal)
    {
        using FileDescriptor socket = Socket.Create(Socket.AF_UNIX, Socket.SOCK_STREAM);
        Errno errno = Socket.TryConnectUnix(socket, socketPath);
        if (errno == Errno.None)
            errno = Socket.TrySend(socket, "/dev/ptmx"u8, [terminal]);
        if (errno != Errno.None)
            throw new SyscallException("send the terminal to the console socket", errno, socketPath);
    }
}
