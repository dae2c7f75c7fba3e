using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>The steps of a start as --debug tells of them, in the words that runc has for the same steps, since tools look for these.</summary>
internal static class Trace
{
    /// <summary>Before the container's first process is made.</summary>
    public static void Setup(GlobalOptions options, CreateOptions create, RuntimeSpec spec)
    {
        if (!options.Debug)
            return;
        Report.Debug(options, $"nsexec container setup: {create.Id} from {create.Bundle}");
        if (spec.Linux?.Seccomp is { } seccomp)
            Report.Debug(options, $"seccomp filter flags: {SeccompConfiguration.FlagsOf(seccomp)}");
    }

    /// <summary>It is there and waits for `start`.</summary>
    public static void Made(GlobalOptions options, int pid) => Report.Debug(options, $"child process in init(): {pid}, waits for start");

    /// <summary>It has been let go: the pipe on which it waited is closed.</summary>
    public static void Released(GlobalOptions options) => Report.Debug(options, "init: closing the pipe to signal completion");

    /// <summary>Before a further process is made.</summary>
    public static void Joining(GlobalOptions options, string id, ProcessSpec process)
    {
        if (!options.Debug)
            return;
        Report.Debug(options, $"nsexec container setup: joins {id}");
        if (process.ExecCpuAffinity?.Initial is { Length: > 0 } initial)
            Report.Debug(options, $"nsexec: affinity: {Processors.Mask(initial)}");
        Report.Debug(options, $"setns_init: about to exec {string.Join(' ', process.Args ?? [])}");
    }

    /// <summary>The further process is there.</summary>
    public static void Joined(GlobalOptions options, int pid) => Report.Debug(options, $"child process in init(): {pid}");
}
