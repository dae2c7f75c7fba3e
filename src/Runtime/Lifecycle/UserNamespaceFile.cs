using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Lifecycle;

/// <summary>A user namespace that no process lives in: the maps of an id-mapped mount.</summary>
public static class UserNamespaceFile
{
    /// <summary>Makes a namespace with these maps and returns it as an open file.</summary>
    public static FileDescriptor Create(IList<IdMapping> users, IList<IdMapping> groups)
    {
        ProgramBuilder program = new();
        Steps.NamespaceSteps.CloseDescriptors(program);
        Steps.SyncSteps.Move(program, Sched.CLONE_NEWUSER, "a user namespace for maps");
        Steps.SyncSteps.Ask(program, StatusMessage.MapUsers, "the maps");
        program.Call(SyscallNumber.ExitGroup, "exit_group", "the namespace stays behind", 0);
        FileDescriptor? opened = null;
        Launched launched = Launch.Start(new CompiledContainer(program.Build(), 0, int.MaxValue, "maps"), new LaunchOptions
        {
            Passed = [],
            MapUsers = pid =>
            {
                IdMaps.Write(pid, users, groups);
                opened = Fcntl.Open($"/proc/{pid}/ns/user", Fcntl.O_RDONLY);
            },
        });
        _ = Process.TryReap(launched.PidFd, wait: true, out _);
        launched.PidFd.Dispose();
        return opened!;
    }
}
