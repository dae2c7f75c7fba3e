using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>The standard streams: whose they are, and that none of them is a file of the host's.</summary>
internal static class StreamSteps
{
    /// <summary>Gives output streams to an id of the host.</summary>
    public static void Give(ProgramBuilder program, ProcessSpec process, (uint Uid, uint Gid)? owner)
    {
        if (owner is not { } given || process.Terminal)
            return;
        for (int fd = 1; fd <= 2; fd++)
            program.Call(SyscallNumber.Fchown, "fchown", "the user owns its streams", fd, given.Uid, given.Gid);
    }

    /// <summary>A user other than root must be able to open /dev/stdout again.</summary>
    public static void Own(ProgramBuilder program, ProcessSpec process, IReadOnlyList<int> streams)
    {
        // In a user namespace they were given away before.
        if (process.Terminal || process.User.Uid == 0)
            return;
        foreach (int fd in streams)
            _ = program.Call(SyscallNumber.Fchown, "fchown", "the user owns its streams", fd, process.User.Uid, process.User.Gid).TolerateAll();
    }

    /// <summary>The container's own null device in the place of the host's: no way leads back over it, and criu finds its mount.</summary>
    public static void Reopen(Compilation c)
    {
        const string Reason = "streams are the container's own /dev/null";
        if (c.Process.Terminal || c.Context.NullStreams.Count == 0)
            return;
        Slot nothing = c.OpenInRoot("/dev/null", Fcntl.O_RDWR, Reason).Into();
        VerifySteps.IsFile(c.Program, nothing, FileStatus.S_IFCHR, 1, 3, Reason);
        foreach (int number in c.Context.NullStreams)
            c.Program.Call(SyscallNumber.Dup3, "dup3", Reason, nothing, number, 0);
    }
}
