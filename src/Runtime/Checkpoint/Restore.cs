using Tare.Cgroups;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.Checkpoint;

/// <summary>`restore`: criu makes a container's processes anew from what <see cref="Checkpoint"/> has written down. They run at once.</summary>
public static class Restore
{
    private const string RootPlace = "criu-root";

    /// <summary>Restores; on failure nothing stays behind but criu's log.</summary>
    public static Created Run(CreateOptions options, Bundle bundle, CheckpointOptions checkpoint)
    {
        RuntimeSpec spec = bundle.Spec;
        SpecCheck.Check(spec, options);
        ContainerDirectory directory = ContainerDirectory.Of(options.Root, options.Id);
        directory.Create(options.Root);
        using Creation creation = new(options, bundle, directory);
        Launched? launched = null;
        try
        {
            creation.MakeGroup();
            SmallFile.Write(directory.Configuration, bundle.Document);
            launched = Start(creation, spec, checkpoint, MakeRootPlace(directory));
            ContainerState state = creation.Restored(launched.Pid, HasTimeNamespace(launched.Pid));
            directory.Save(state);
            launched = HandOut.Terminal(options.ConsoleSocket, launched);
            HandOut.PidFile(options.PidFile, launched.Pid);
            return new Created(launched, directory, state, HasStarted: true);
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

    private static Launched Start(Creation creation, RuntimeSpec spec, CheckpointOptions options, string place)
    {
        using CgroupEntry? entry = creation.OpenGroup();
        using PreparedRestore restore = PreparedRestore.Prepare(new RestoreSource { Spec = spec, Place = place, Rootfs = creation.Rootfs, Group = entry }, options);
        Launched criu = Launch.Start(restore.Program, new LaunchOptions { Passed = restore.Passed, Cgroup = entry?.CloneInto });
        FileDescriptor? terminal = null;
        try
        {
            creation.JoinClasses(criu.Pid);
            int pid = restore.Follow(criu.Pid, new RestoreEvents { NamespacesMade = creation.RunRuntimeHooks, Restored = (_, master) => terminal = master?.Duplicate() });
            Errno errno = Process.TryOpen(pid, out FileDescriptor pidfd);
            return errno == Errno.None ? new Launched(pid, pidfd, terminal) : throw new SyscallException("pidfd_open", errno, "restored process");
        }
        catch
        {
            terminal?.Dispose();
            throw;
        }
        finally
        {
            // The socket is closed, so it ends.
            restore.Dispose();
            _ = Process.TryReap(criu.PidFd, wait: true, out _);
            criu.PidFd.Dispose();
        }
    }

    private static string MakeRootPlace(ContainerDirectory directory)
    {
        string place = Path.Combine(directory.Path, RootPlace);
        Errno errno = Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, place, 0x1ed /* 0755 */);
        return errno == Errno.None ? place : throw new SyscallException("mkdir", errno, place);
    }

    /// <summary>criu keeps the clocks of what it restores, where the kernel can, in a time namespace.</summary>
    public static bool HasTimeNamespace(int pid) =>
        Unistd.TryReadLink(FileDescriptor.CurrentDirectory, $"/proc/{pid}/ns/time", out string theirs) == Errno.None
            && Unistd.TryReadLink(FileDescriptor.CurrentDirectory, "/proc/self/ns/time", out string own) == Errno.None && theirs != own;
}
