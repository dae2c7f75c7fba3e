using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime;

namespace Tare.Tests.Unit.Runtime;

/// <summary>What the compiler refuses, and the order of the steps whose order is a matter of security.</summary>
public sealed class ContainerCompilerTests
{
    private static readonly CompileContext Context = new() { Root = 0, Anchor = "/anchor" };

    [Fact]
    public void Descriptors_are_closed_first_and_the_command_comes_last()
    {
        List<string> calls = [.. Compile(Spec()).Program.Steps.Select(s => s.Name)];
        Assert.True(calls.IndexOf("close_range") < calls.IndexOf("move_mount"));
        Assert.True(calls.IndexOf("pivot_root") < calls.IndexOf("setresuid"));
        Assert.True(calls.IndexOf("setresuid") < calls.IndexOf("capset"));
        Assert.Equal("execve", calls[^1]);
    }

    [Fact]
    public void Without_no_new_privileges_the_filter_is_loaded_while_it_still_may_be()
    {
        List<string> calls = [.. Compile(Spec()).Program.Steps.Select(s => s.Name)];
        Assert.True(calls.IndexOf("seccomp") < calls.IndexOf("setresuid"));
    }

    [Fact]
    public void With_no_new_privileges_the_filter_is_loaded_last()
    {
        RuntimeSpec spec = Spec();
        spec.Process!.NoNewPrivileges = true;
        List<string> calls = [.. Compile(spec).Program.Steps.Select(s => s.Name)];
        Assert.True(calls.IndexOf("seccomp") > calls.IndexOf("capset"));
        Assert.Equal("execve", calls[calls.IndexOf("seccomp") + 1]);
        List<string> gated = [.. ContainerCompiler.Compile(spec, Context with { SeccompFilter = new byte[8], StartGate = 1 }).Program.Steps.Select(s => s.Name)];
        Assert.Equal(["write", "read", "execve"], gated[(gated.IndexOf("seccomp") + 1)..(gated.IndexOf("seccomp") + 4)]);
    }

    [Fact]
    public void The_cgroup_namespace_is_made_after_the_cgroup_is_entered()
    {
        CompiledContainer compiled = ContainerCompiler.Compile(Spec(), Context with { CgroupProcs = [1] });
        List<string> reasons = [.. compiled.Program.Steps.Select(s => s.Reason)];
        Assert.True(reasons.IndexOf("enter the container's cgroup") < reasons.IndexOf("own view of the cgroup tree"));
        Assert.Equal(0ul, compiled.Namespaces & Sched.CLONE_NEWCGROUP);
    }

    [Theory]
    [InlineData("mnt", "namespace type \"mnt\"")]
    public void An_unknown_namespace_is_refused_by_name(string type, string message)
    {
        RuntimeSpec spec = Spec();
        spec.Linux!.Namespaces!.Add(new NamespaceSpec { Type = type });
        Assert.Contains(message, Assert.Throws<TareException>(() => Compile(spec)).Message);
    }

    [Fact]
    public void A_mount_destination_with_dots_is_refused()
    {
        RuntimeSpec spec = Spec();
        spec.Mounts = [new MountSpec { Destination = "/a/../../etc", Type = "tmpfs", Source = "tmpfs" }];
        Assert.Contains("contains \"..\"", Assert.Throws<TareException>(() => Compile(spec)).Message);
    }

    [Theory]
    [InlineData("net/../kernel.core_pattern", "is not a name such as")]
    [InlineData("kernel.shm_rmid_forced=1+kernel.core_pattern", "is not a name such as")]
    [InlineData("kernel.core_pattern", "not in a separate kernel namespace")]
    [InlineData("kernel.hostname", "conflicts with the OCI")]
    [InlineData("net.ipv4.ip_forward", "in the hosts network namespace")]
    public void A_sysctl_of_the_host_is_refused(string key, string message)
    {
        RuntimeSpec spec = Spec();
        spec.Mounts = [new MountSpec { Destination = "/proc", Type = "proc", Source = "proc" }];
        spec.Linux!.Sysctl = new Dictionary<string, string> { [key] = "x" };
        Assert.Contains(message, Assert.Throws<TareException>(() => Compile(spec)).Message);
    }

    [Theory]
    [InlineData(Errno.ENOENT, 127)]
    [InlineData(Errno.EACCES, 126)]
    public void A_command_that_cannot_be_run_has_the_shells_exit_code(Errno errno, int code)
    {
        CompiledContainer compiled = Compile(Spec());
        Assert.Equal(code, compiled.Explain(compiled.FirstExecStep, errno).ExitCode);
        Assert.Equal(125, compiled.Explain(0, errno).ExitCode);
    }

    [Fact]
    public void Every_new_file_system_but_the_kernel_s_own_has_the_label_of_mounts()
    {
        RuntimeSpec spec = Spec();
        spec.Mounts = [new MountSpec { Destination = "/proc", Type = "proc", Source = "proc" }, new MountSpec { Destination = "/run", Type = "tmpfs", Source = "tmpfs" }, new MountSpec { Destination = "/dev/mqueue", Type = "mqueue", Source = "mqueue" }];
        spec.Linux!.MountLabel = "system_u:object_r:container_file_t:s0:c1,c2";
        string program = Compile(spec).Program.Explain();
        Assert.Equal(2, program.Split('\n').Count(l => l.Contains("\"context\", \"system_u:object_r:container_file_t:s0:c1,c2\"", StringComparison.Ordinal))); // masks and /run
        Assert.Contains("label /dev/mqueue", program);
    }

    [Fact]
    public void A_created_container_begins_a_session_of_its_own()
    {
        List<string> calls = [.. ContainerCompiler.Compile(Spec(), Context with { StartGate = 1 }).Program.Steps.Select(s => s.Name)];
        Assert.True(calls.IndexOf("setsid") > calls.IndexOf("pivot_root"));
        Assert.True(calls.IndexOf("setsid") < calls.IndexOf("capset"));
    }

    [Fact]
    public void A_deadline_with_limited_processors_says_why_the_kernel_refuses_it()
    {
        RuntimeSpec spec = Spec();
        spec.Process!.Scheduler = new SchedulerSpec { Policy = "SCHED_DEADLINE", Runtime = 1, Deadline = 2, Period = 2 };
        spec.Linux!.Resources = new LinuxResources { Cpu = new CpuResources { Cpus = "0" } };
        CompiledContainer compiled = Compile(spec);
        int step = compiled.Program.Steps.Select(s => s.Name).ToList().IndexOf("sched_setattr");
        Assert.Contains("process scheduler can't be used together with AllowedCPUs", compiled.Explain(step, Errno.EPERM).Error.Message);
    }

    [Fact]
    public void A_mount_namespace_that_is_joined_is_not_made()
    {
        RuntimeSpec spec = Spec();
        spec.Linux!.Namespaces![0].Path = "/proc/7/ns/mnt";
        CompiledContainer compiled = ContainerCompiler.Compile(spec, Context with { Anchor = "/", Join = new Dictionary<string, int> { ["mount"] = 1 } });
        Assert.Equal(0ul, compiled.Namespaces & Sched.CLONE_NEWNS);
        Assert.Contains(compiled.Program.Steps, s => s.Reason == "join the mount namespace");
    }

    [Fact]
    public void Without_a_pivot_the_kernel_s_file_systems_of_the_host_are_let_go_of_first()
    {
        List<string> calls = [.. ContainerCompiler.Compile(Spec(), Context with { NoPivot = true, KernelMounts = ["/proc/fs", "/proc"] }).Program.Steps.Select(s => $"{s.Name} {s.Reason}")];
        Assert.DoesNotContain(calls, c => c.StartsWith("pivot_root", StringComparison.Ordinal));
        Assert.True(calls.IndexOf("umount2 the host's /proc/fs is out of reach") < calls.IndexOf("umount2 the host's /proc is out of reach"));
        Assert.True(calls.IndexOf("umount2 the host's /proc is out of reach") < calls.FindIndex(c => c.StartsWith("chroot", StringComparison.Ordinal)));
    }

    private static CompiledContainer Compile(RuntimeSpec spec) => ContainerCompiler.Compile(spec, Context with { SeccompFilter = new byte[8] });

    private static RuntimeSpec Spec() => new()
    {
        Process = new ProcessSpec { Args = ["/bin/true"], Capabilities = new CapabilitiesSpec() },
        Linux = new LinuxSpec { Namespaces = [new() { Type = "mount" }, new() { Type = "pid" }, new() { Type = "cgroup" }] },
    };
}
