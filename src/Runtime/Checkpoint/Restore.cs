using System.Text.Json;
using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.Checkpoint;

/// <summary>`restore`: criu makes a container's processes anew from what <see cref="Checkpoint"/> has written down. They run at once.</summary>
public static class Restore
{
    private const string Log = "restore.log";
    private const string RootPlace = "criu-root";

    /// <summary>Restores; on failure nothing stays behind but criu's log.</summary>
    public static Created Run(CreateOptions options, Bundle bundle, CheckpointOptions checkpoint)
    {
        RuntimeSpec spec = bundle.Spec;
        SpecCheck.Check(spec, options);
        string[] streams = Streams(checkpoint.ImagePath);
        ContainerDirectory directory = ContainerDirectory.Of(options.Root, options.Id);
        directory.Create(options.Root);
        using Creation creation = new(options, bundle, directory);
        Launched? launched = null;
        try
        {
            creation.MakeGroup();
            SmallFile.Write(directory.Configuration, bundle.Document);
            launched = Start(creation, spec, checkpoint, streams, MakeRootPlace(directory));
            ContainerState state = creation.Restored(launched.Pid, HasTimeNamespace(launched.Pid));
            directory.Save(state);
            launched = HandOut.Terminal(options.ConsoleSocket, launched);
            HandOut.PidFile(options.PidFile, launched.Pid);
            return new Created(launched, directory, state);
        }
        catch
        {
            creation.Undo(launched);
            throw;
        }
        finally
        {
            _ = Unistd.TryUnlink(FileDescriptor.CurrentDirectory, Path.Combine(directory.Path, RootPlace), Unistd.AT_REMOVEDIR);
        }
    }

    private static Launched Start(Creation creation, RuntimeSpec spec, CheckpointOptions options, string[] streams, string place)
    {
        CriuMounts.MakePlaces(spec, creation.Rootfs);
        List<FileDescriptor> passed = [];
        try
        {
            CriuWriter request = new CriuWriter()
                .Flag(6, true)
                .Flag(26, true)
                .Text(13, place)
                .Text(53, options.LsmProfile)
                .Text(63, options.LsmMountContext);
            foreach (NamespaceSpec ns in spec.Linux?.Namespaces ?? [])
                if (!string.IsNullOrEmpty(ns.Path))
                    AddNamespace(request, ns, passed);
            CriuMounts.AddForRestore(request, spec);
            for (int i = 0; i < streams.Length; i++)
                if (streams[i].StartsWith("pipe:", StringComparison.Ordinal))
                    _ = request.Message(27, new CriuWriter().Text(1, streams[i]).Number(2, i));
            using CgroupEntry? entry = creation.OpenGroup();
            using CriuSession session = CriuSession.Start(new CriuSessionOptions { Passed = passed, Group = entry, OwnStreams = true, Root = (creation.Rootfs, place) });
            using CriuDirectories directories = CriuDirectories.Open(options, session.Pid);
            _ = CriuOptionsMessage.AddCommon(request, options, directories, Log);
            creation.JoinClasses(session.Pid);
            foreach ((string controller, string path) in GroupsOf(session.Pid))
                _ = request.Message(25, new CriuWriter().Text(1, controller).Text(2, path));
            return Follow(session, request, creation, directories);
        }
        finally
        {
            foreach (FileDescriptor descriptor in passed)
                descriptor.Dispose();
        }
    }

    private static Launched Follow(CriuSession session, CriuWriter request, Creation creation, CriuDirectories directories)
    {
        FileDescriptor? terminal = null;
        CriuAnswer answer = session.Ask(CriuRequest.Restore, request, (script, pid, descriptor) =>
        {
            if (script == "orphan-pts-master" && descriptor is not null)
                terminal = descriptor.Duplicate();
            else if (script == "setup-namespaces")
                creation.RunRuntimeHooks(pid);
        });
        if (!answer.Success)
        {
            terminal?.Dispose();
            throw CriuOptionsMessage.Failure("restore", answer, directories, Log);
        }
        Errno errno = Process.TryOpen(answer.Pid, out FileDescriptor pidfd);
        return errno == Errno.None ? new Launched(answer.Pid, pidfd, terminal) : throw new SyscallException("pidfd_open", errno, "restored process");
    }

    /// <summary>criu is handed networks and pid namespaces as descriptors, all others by their paths.</summary>
    private static void AddNamespace(CriuWriter request, NamespaceSpec ns, List<FileDescriptor> passed)
    {
        if (ns.Type == "cgroup")
            throw new TareException(ErrorKind.NotSupported, "a joined cgroup namespace cannot be restored: criu knows none");
        if (ns.Type is "network" or "pid")
        {
            _ = request.Message(27, new CriuWriter().Text(1, CriuOptionsMessage.NamespaceKey(ns.Type)).Number(2, CriuSession.FirstPassed + passed.Count));
            passed.Add(NamespaceFile.Open(ns));
        }
        else
        {
            _ = request.Message(39, new CriuWriter().Text(1, ns.Type == "mount" ? "mnt" : ns.Type).Text(2, ns.Path));
        }
    }

    private static string[] Streams(string images)
    {
        string path = Path.Combine(images, CriuDirectories.Descriptors);
        Errno errno = SmallFile.TryRead(path, out byte[] content);
        if (errno != Errno.None)
            throw new TareException(ErrorKind.NotFound, $"{images} holds no checkpoint", new SyscallException("open", errno, path));
        try
        {
            return JsonSerializer.Deserialize(content, DescriptorsJson.Default.StringArray) ?? [];
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is damaged", e);
        }
    }

    private static string MakeRootPlace(ContainerDirectory directory)
    {
        string place = Path.Combine(directory.Path, RootPlace);
        Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, place, 0x1ed /* 0755 */);
        return errno == Errno.None ? place : throw new SyscallException("mkdir", errno, place);
    }

    /// <summary>Each controller with the group that criu is in, from lines such as "4:cpu,cpuacct:/path".</summary>
    private static IEnumerable<(string Controller, string Path)> GroupsOf(int pid)
    {
        foreach (string line in (SmallFile.TryReadText($"/proc/{pid}/cgroup") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (line.Split(':', 3) is { Length: 3 } parts)
                foreach (string controller in parts[1].Split(','))
                    yield return (controller, parts[2]);
    }

    /// <summary>criu keeps the clocks of what it restores, where the kernel can, in a time namespace.</summary>
    private static bool HasTimeNamespace(int pid) =>
        Unistd.TryReadLink(FileDescriptor.CurrentDirectory, $"/proc/{pid}/ns/time", out string theirs) == Errno.None
            && Unistd.TryReadLink(FileDescriptor.CurrentDirectory, "/proc/self/ns/time", out string own) == Errno.None && theirs != own;
}
