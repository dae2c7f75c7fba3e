using System.Text;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Settings of the process and its namespaces that are neither files nor identity: names, sysctls, limits, OOM score.</summary>
internal static class KernelSteps
{
    /// <summary>Written through the host's /proc, which nothing in an image can replace.</summary>
    public static void OomScore(ProgramBuilder program, ProcessSpec process)
    {
        if (process.OomScoreAdj is not { } score)
            return;
        Slot file = program.Call(SyscallNumber.Openat, "openat", "set the OOM score", Compilation.CurrentDirectory,
            program.String("/proc/self/oom_score_adj"), Fcntl.O_WRONLY | Fcntl.O_CLOEXEC, 0).Into();
        Write(program, file, score.ToString(), $"set the OOM score to {score}");
    }

    public static void Names(Compilation c)
    {
        if (!string.IsNullOrEmpty(c.Spec.Hostname))
            c.Program.Call(SyscallNumber.Sethostname, "sethostname", "the container's host name", c.Program.String(c.Spec.Hostname), Encoding.UTF8.GetByteCount(c.Spec.Hostname));
        if (!string.IsNullOrEmpty(c.Spec.Domainname))
            c.Program.Call(SyscallNumber.Setdomainname, "setdomainname", "the container's domain name", c.Program.String(c.Spec.Domainname), Encoding.UTF8.GetByteCount(c.Spec.Domainname));
    }

    /// <summary>Through the proc mount made a moment ago, by descriptor: no path of the image is involved (CVE-2025-52881).</summary>
    public static void Sysctls(Compilation c)
    {
        foreach ((string key, string value) in c.Linux.Sysctl ?? new Dictionary<string, string>())
        {
            if (c.Proc is not { } proc)
                throw Refuse.Invalid("sysctls need a proc mount");
            string path = "sys/" + SysctlNames.PathOf(key, c.HasOwn);
            Slot file = c.Open(proc, path, Fcntl.O_WRONLY, Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_XDEV, $"sysctl {key}").Into();
            Write(c.Program, file, value, $"sysctl {key} = {value}");
        }
    }

    public static void ResourceLimits(ProgramBuilder program, ProcessSpec process)
    {
        foreach (RlimitSpec limit in process.Rlimits ?? [])
        {
            int number = limit.Type.StartsWith("RLIMIT_", StringComparison.Ordinal) ? Array.IndexOf(ResourceLimit.Names, limit.Type["RLIMIT_".Length..]) : -1;
            if (number < 0)
                throw Refuse.Invalid($"rlimit type \"{limit.Type}\" is unknown");
            if (limit.Soft > limit.Hard)
                throw Refuse.Invalid($"{limit.Type}: the soft limit {limit.Soft} is above the hard limit {limit.Hard}");
            program.Call(SyscallNumber.Prlimit64, "prlimit64", $"{limit.Type} {limit.Soft}:{limit.Hard}", 0, number, program.Words(limit.Soft, limit.Hard), 0);
        }
    }

    private static void Write(ProgramBuilder program, Slot file, string text, string reason) =>
        program.Call(SyscallNumber.Write, "write", reason, file, program.String(text), Encoding.UTF8.GetByteCount(text));
}
