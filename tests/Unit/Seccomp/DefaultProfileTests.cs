using Tare.Seccomp;
using static Tare.Tests.Unit.Seccomp.FilterMachine;

namespace Tare.Tests.Unit.Seccomp;

public class DefaultProfileTests
{
    private static readonly HashSet<string> DockerDefault =
    [
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",
        "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    private static SeccompFilter Default => DefaultProfile.FilterFor(DockerDefault, SeccompArchitecture.X64);

    [Theory]
    [InlineData("read")]
    [InlineData("openat2")]
    [InlineData("execve")]
    [InlineData("ptrace")]
    [InlineData("chroot")]
    [InlineData("mseal")]
    [InlineData("futex_waitv")]
    [InlineData("arch_prctl")]
    public void Ordinary_calls_pass(string name) => Assert.Equal(Allow, Run(Default, AuditX64, Number(name)));

    [Theory]
    [InlineData("mount")]
    [InlineData("unshare")]
    [InlineData("setns")]
    [InlineData("bpf")]
    [InlineData("keyctl")]
    [InlineData("add_key")]
    [InlineData("io_uring_setup")]
    [InlineData("io_uring_enter")]
    [InlineData("userfaultfd")]
    [InlineData("kexec_load")]
    [InlineData("init_module")]
    [InlineData("reboot")]
    [InlineData("swapon")]
    [InlineData("clock_settime")]
    [InlineData("open_by_handle_at")]
    [InlineData("perf_event_open")]
    [InlineData("open_tree")]
    [InlineData("mbind")]
    public void Calls_that_reach_beyond_the_container_fail_with_EPERM(string name) => Assert.Equal(Eperm, Run(Default, AuditX64, Number(name)));

    [Theory]
    [InlineData(0x0000_0011ul, Allow)]   // SIGCHLD: fork
    [InlineData(0x003d_0f00ul, Allow)]   // a thread
    [InlineData(0x0002_0000ul, Eperm)]   // CLONE_NEWNS
    [InlineData(0x1000_0011ul, Eperm)]   // CLONE_NEWUSER
    [InlineData(0x0200_0000ul, Eperm)]   // CLONE_NEWCGROUP
    [InlineData(0x4000_0000ul, Eperm)]   // CLONE_NEWNET
    public void Clone_makes_processes_and_threads_but_no_namespaces(ulong flags, uint expected)
    {
        Assert.Equal(expected, Run(Default, AuditX64, Number("clone"), flags));
        Assert.Equal(expected, Run(Default, AuditX86, SyscallTable.For(SeccompArchitecture.X86)["clone"], flags));
        Assert.Equal(Allow, Run(DefaultProfile.FilterFor(new HashSet<string> { "CAP_SYS_ADMIN" }, SeccompArchitecture.X64), AuditX64, Number("clone"), flags));
    }

    [Fact]
    public void Clone3_makes_the_library_fall_back_unless_the_container_may_make_namespaces()
    {
        Assert.Equal(Enosys, Run(Default, AuditX64, 435));
        Assert.Equal(Allow, Run(DefaultProfile.FilterFor(new HashSet<string> { "CAP_SYS_ADMIN" }, SeccompArchitecture.X64), AuditX64, 435));
    }

    [Theory]
    [InlineData(1, Allow)]
    [InlineData(10, Allow)]
    [InlineData(16, Allow)]
    [InlineData(17, Allow)]
    [InlineData(12, Eperm)]
    [InlineData(38, Eperm)]
    [InlineData(40, Eperm)]
    [InlineData(46, Eperm)]
    [InlineData(0x1_0000_0001, Eperm)]
    public void Socket_families_are_chosen(ulong family, uint expected) => Assert.Equal(expected, Run(Default, AuditX64, 41, family));

    [Theory]
    [InlineData(0, Allow)]
    [InlineData(0x20008, Allow)]
    [InlineData(0xffff_ffff, Allow)]
    [InlineData(0x0040_000, Eperm)] // ADDR_NO_RANDOMIZE
    public void Personality_keeps_address_randomization(ulong persona, uint expected) => Assert.Equal(expected, Run(Default, AuditX64, 135, persona));

    [Fact]
    public void A_capability_brings_its_calls()
    {
        SeccompFilter filter = DefaultProfile.FilterFor(new HashSet<string> { "CAP_SYS_TIME", "CAP_SYS_BOOT" }, SeccompArchitecture.X64);
        Assert.Equal(Allow, Run(filter, AuditX64, Number("clock_settime")));
        Assert.Equal(Allow, Run(filter, AuditX64, Number("reboot")));
        Assert.Equal(Eperm, Run(filter, AuditX64, Number("chroot")));
    }

    [Fact]
    public void Unknown_new_calls_answer_ENOSYS_and_foreign_architectures_die()
    {
        Assert.Equal(Enosys, Run(Default, AuditX64, 470));
        Assert.Equal(Enosys, Run(Default, AuditX86, 470));
        Assert.Equal(KillThread, Run(Default, AuditArm64, 63));
        SeccompFilter arm = DefaultProfile.FilterFor(DockerDefault, SeccompArchitecture.Aarch64);
        Assert.Equal(Allow, Run(arm, AuditArm64, 63));
        Assert.Equal(Allow, Run(arm, AuditArm, 0xf0005));
        Assert.Equal(KillThread, Run(arm, AuditX64, 0));
    }

    [Fact]
    public void The_filter_is_short_and_any_call_is_decided_in_a_dozen_steps()
    {
        Assert.InRange(Default.Length, 100, 700);
        foreach (string name in (string[])["read", "write", "openat", "futex", "mmap", "clone3", "mount"])
        {
            _ = Run(Default, AuditX64, Number(name), out int steps);
            Assert.InRange(steps, 3, 14);
        }
        Assert.Same(Default, DefaultProfile.FilterFor(new HashSet<string>(DockerDefault) { "CAP_NET_ADMIN" }, SeccompArchitecture.X64));
    }

    private static uint Number(string name) => SyscallTable.For(SeccompArchitecture.X64)[name];
}
