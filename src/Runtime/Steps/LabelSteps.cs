using System.Text;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>
/// Labels of security modules for the process to come. Their files are opened through the host's /proc at the beginning, and written last: a profile
/// may forbid what the steps in between do (CVE-2019-16884, CVE-2025-52881).
/// </summary>
internal static class LabelSteps
{
    private const string AppArmorSwitch = "/sys/module/apparmor/parameters/enabled";

    /// <summary>Whether this kernel has them running.</summary>
    public static bool HasAppArmor => File.Exists(AppArmorSwitch) && File.ReadAllText(AppArmorSwitch).StartsWith('Y');

    /// <inheritdoc cref="HasAppArmor"/>
    public static bool HasSelinux => File.Exists("/sys/fs/selinux/enforce");

    /// <summary>Opens what <see cref="Write"/> needs; null when no label is wanted.</summary>
    public static Slot? Open(ProgramBuilder program, ProcessSpec process)
    {
        bool appArmor = !string.IsNullOrEmpty(process.ApparmorProfile) && process.ApparmorProfile != "unconfined";
        if (appArmor && !HasAppArmor)
            throw new TareException(ErrorKind.NotSupported, $"apparmorProfile \"{process.ApparmorProfile}\": apparmor is not enabled in this kernel");
        if (!string.IsNullOrEmpty(process.SelinuxLabel) && !HasSelinux)
            throw new TareException(ErrorKind.NotSupported, $"selinuxLabel \"{process.SelinuxLabel}\": selinux is not enabled in this kernel");
        if (appArmor && !string.IsNullOrEmpty(process.SelinuxLabel))
            throw Refuse.Invalid("apparmorProfile and selinuxLabel: a process can have one of them");
        if (!appArmor && string.IsNullOrEmpty(process.SelinuxLabel))
            return null;
        return program.Call(SyscallNumber.Openat, "openat", "the label of the process", Compilation.CurrentDirectory,
            program.String("/proc/thread-self/attr/exec"), Fcntl.O_WRONLY | Fcntl.O_CLOEXEC, 0).Into();
    }

    /// <summary>
    /// Options of a new file system with the label of everything in it (linux.mountLabel). The kernel's own file systems have labels of their own, and message
    /// queues are labelled by <see cref="LabelQueues"/>.
    /// </summary>
    public static IReadOnlyList<string> WithContext(Compilation c, string type, IReadOnlyList<string> data) =>
        string.IsNullOrEmpty(c.Linux.MountLabel) || type is "proc" or "sysfs" or "mqueue" or "cgroup" or "cgroup2" ? data : [.. data, $"context={c.Linux.MountLabel}"];

    /// <summary>The root of a file system of message queues, which takes no label as an option.</summary>
    public static void LabelQueues(Compilation c, string type, string destination)
    {
        if (string.IsNullOrEmpty(c.Linux.MountLabel) || type != "mqueue")
            return;
        Slot queues = c.OpenInRoot(destination, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, $"label {destination}").Into();
        c.Program.Call(SyscallNumber.Fsetxattr, "fsetxattr", $"label {destination}", queues, c.Program.String("security.selinux"),
            c.Program.String(c.Linux.MountLabel), Encoding.UTF8.GetByteCount(c.Linux.MountLabel), 0);
    }

    /// <summary>Sets the label that the next execve takes on.</summary>
    public static void Write(ProgramBuilder program, ProcessSpec process, Slot? file)
    {
        if (file is not { } open)
            return;
        string label = string.IsNullOrEmpty(process.SelinuxLabel) ? $"exec {process.ApparmorProfile}" : process.SelinuxLabel;
        program.Call(SyscallNumber.Write, "write", $"label {label}", open, program.String(label), Encoding.UTF8.GetByteCount(label));
    }
}
