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

    /// <summary>Sets the label that the next execve takes on.</summary>
    public static void Write(ProgramBuilder program, ProcessSpec process, Slot? file)
    {
        if (file is not { } open)
            return;
        string label = string.IsNullOrEmpty(process.SelinuxLabel) ? $"exec {process.ApparmorProfile}" : process.SelinuxLabel;
        program.Call(SyscallNumber.Write, "write", $"label {label}", open, program.String(label), Encoding.UTF8.GetByteCount(label));
    }
}
