using System.Globalization;
using System.Text;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>A time namespace: made for children first, its clocks set while nobody is inside, then entered by this process itself.</summary>
internal static class TimeSteps
{
    public static void Enter(Compilation c)
    {
        ProgramBuilder program = c.Program;
        program.Call(SyscallNumber.Unshare, "unshare", "clocks of its own", Sched.CLONE_NEWTIME);
        if (c.Linux.TimeOffsets is { Count: > 0 } offsets)
        {
            // Joining a user namespace has closed this process's files in /proc to itself.
            if (c.Context.Join.ContainsKey("user"))
                program.Call(SyscallNumber.Prctl, "prctl", "set the clocks", 4 /* PR_SET_DUMPABLE */, 1);
            Slot file = program.Call(SyscallNumber.Openat, "openat", "set the clocks", Compilation.CurrentDirectory,
                program.String("/proc/self/timens_offsets"), Fcntl.O_WRONLY | Fcntl.O_CLOEXEC, 0).Into();
            string text = string.Concat(offsets.Select(Line));
            program.Call(SyscallNumber.Write, "write", "set the clocks", file, program.String(text), Encoding.ASCII.GetByteCount(text));
        }
        Slot created = program.Call(SyscallNumber.Openat, "openat", "enter the time namespace", Compilation.CurrentDirectory,
            program.String("/proc/self/ns/time_for_children"), Fcntl.O_RDONLY | Fcntl.O_CLOEXEC, 0).Into();
        EnterNow(program, created);
    }

    /// <summary>A time namespace that exists.</summary>
    public static void Join(Compilation c, int index) => EnterNow(c.Program, Compilation.Passed(index));

    /// <summary>A process with several threads is refused (EUSERS); its execve then moves it there (kernel 6.3).</summary>
    private static void EnterNow(ProgramBuilder program, Argument ns) =>
        _ = program.Call(SyscallNumber.Setns, "setns", "enter the time namespace", ns, Sched.CLONE_NEWTIME).Tolerate(0, Errno.EUSERS);

    private static string Line(KeyValuePair<string, TimeOffset> offset) => offset.Key is "monotonic" or "boottime"
        ? string.Create(CultureInfo.InvariantCulture, $"{offset.Key} {offset.Value.Secs} {offset.Value.Nanosecs}\n")
        : throw Refuse.Invalid($"timeOffsets: clock \"{offset.Key}\" is not one of monotonic, boottime");
}
