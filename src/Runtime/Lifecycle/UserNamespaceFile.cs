using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Lifecycle;

/// <summary>A user namespace that no process lives in: the maps of an id-mapped mount.</summary>
public static class UserNamespaceFile
{
    /// <summary>Makes a namespace with these maps and returns it as an open file.</summary>
    public static FileDescriptor Create(IList<IdMapping> users, IList<IdMapping> groups) => Create(users, groups, 0).Users;

    /// <summary>The same with a network namespace that belongs to it.</summary>
    public static (FileDescriptor Users, FileDescriptor Network) CreateWithNetwork(IList<IdMapping> users, IList<IdMapping> groups)
    {
        (FileDescriptor made, FileDescriptor? network) = Create(users, groups, Sched.CLONE_NEWNET);
        return (made, network!);
    }

    private static (FileDescriptor Users, FileDescriptor? Network) Create(IList<IdMapping> users, IList<IdMapping> groups, ulong more)
    {
        ProgramBuilder program = new();
        Steps.NamespaceSteps.CloseDescriptors(program);
        Steps.SyncSteps.Move(program, Sched.CLONE_NEWUSER | more, "a user namespace for maps");
        Steps.SyncSteps.Ask(program, StatusMessage.MapUsers, "the maps");
        program.Call(SyscallNumber.ExitGroup, "exit_group", "the namespace stays behind", 0);
        (FileDescriptor? opened, FileDescriptor? network) = (null, null);
        Launched launched = Launch.Start(new CompiledContainer(program.Build(), 0, int.MaxValue, "maps"), new LaunchOptions
        {
            Passed = [],
            MapUsers = pid =>
            {
                IdMaps.Write(pid, users, groups);
                opened = Fcntl.Open($"/proc/{pid}/ns/user", Fcntl.O_RDONLY);
                network = more == 0 ? null : Fcntl.Open($"/proc/{pid}/ns/net", Fcntl.O_RDONLY);
            },
        });
        _ = Process.TryReap(launched.PidFd, wait: true, out _);
        launched.PidFd.Dispose();
        return (opened!, network);
    }
}
