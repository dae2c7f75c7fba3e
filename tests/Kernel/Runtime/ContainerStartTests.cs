using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime;

namespace Tare.Tests.Kernel.Runtime;

/// <summary>The shipped tare-init: the freestanding build where there is one.</summary>
public sealed class ShippedInitTests(KeeperFixture keeper) : ContainerStartTests(keeper), IClassFixture<KeeperFixture>;

/// <summary>The ordinary build of tare-init, which is shipped where the freestanding one cannot be built.</summary>
public sealed class OrdinaryInitTests(OrdinaryInitFixture keeper) : ContainerStartTests(keeper), IClassFixture<OrdinaryInitFixture>;

/// <summary>What a container sees of itself, started by the real keeper and by both builds of tare-init.</summary>
public abstract class ContainerStartTests(KeeperFixture keeper)
{
    [Fact]
    public async Task The_process_is_number_one_with_its_own_host_name_and_root()
    {
        (string output, ProcessNotice exit) = await keeper.RunAsync("echo $$ $(hostname); ls /; exit 7");
        Assert.StartsWith("1 box\n", output);
        Assert.Contains("proc\n", output);
        Assert.DoesNotContain("home", output);
        Assert.Equal(7, exit.ShellCode);
    }

    [Fact]
    public async Task Nothing_of_the_host_is_mounted_and_system_paths_are_read_only()
    {
        (string output, _) = await keeper.RunAsync("cat /proc/mounts; echo x > /proc/sys/kernel/hostname; cat /proc/kcore | wc -c; touch /file; echo writable $?");
        Assert.DoesNotContain("/dev/vda", output);
        Assert.Contains("overlay / overlay", output);
        Assert.Contains("Read-only file system", output);
        Assert.Contains("0\nwritable 0", output);
    }

    [Fact]
    public async Task Capabilities_are_exactly_the_wanted_ones_and_none_is_inheritable()
    {
        (string output, _) = await keeper.RunAsync("grep Cap /proc/self/status");
        Assert.Contains("CapInh:\t0000000000000000", output);
        Assert.Contains("CapEff:\t00000000a80425fb", output);
        Assert.Contains("CapBnd:\t00000000a80425fb", output);
    }

    [Fact]
    public async Task Only_standard_streams_are_open()
    {
        (string output, _) = await keeper.RunAsync("ls /proc/$$/fd; true");
        Assert.Equal("0\n1\n2\n", output);
    }

    [Fact]
    public async Task Another_user_has_its_groups_and_can_open_its_output_again()
    {
        (string output, _) = await keeper.RunAsync("id; echo again > /dev/stdout", spec =>
        {
            spec.Process!.User = new UserSpec { Uid = 1000, Gid = 1000, AdditionalGids = [5, 6] };
        });
        Assert.Contains("uid=1000 gid=1000 groups=1000,5,6", output.Replace("gid=1000 groups=5,6", "gid=1000 groups=1000,5,6"));
        Assert.Contains("again", output);
    }

    [Fact]
    public async Task Input_arrives_and_its_end_too()
    {
        (string output, ProcessNotice exit) = await keeper.RunAsync("cat", stdio: StdioFlags.Input, input: "hello"u8.ToArray());
        Assert.Equal("hello", output);
        Assert.Equal(0, exit.ShellCode);
    }

    [Fact]
    public async Task A_terminal_is_a_terminal_of_the_containers_own()
    {
        (string output, _) = await keeper.RunAsync("tty; stty size; ls -l /dev/console", spec => spec.Process!.Terminal = true, StdioFlags.Terminal | StdioFlags.Input);
        Assert.Contains("/dev/pts/0", output);
    }

    [Fact]
    public async Task All_output_arrives_when_the_reader_is_slow()
    {
        (string output, _) = await keeper.RunAsync("yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -n 100000");
        Assert.Equal(100000 * 71, output.Length);
    }

    [Fact]
    public async Task A_missing_command_is_127_and_says_so()
    {
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (ours)
        using (theirs)
        {
            (SpawnOutcome outcome, CompiledContainer compiled) = await keeper.StartAsync("missing", KeeperFixture.Spec("nosuch"), theirs);
            Assert.False(outcome.Started);
            StartFailure failure = compiled.Explain(outcome.FailedOperation, outcome.Errno);
            Assert.Equal(127, failure.ExitCode);
            Assert.Equal("exec: \"nosuch\": executable file not found in $PATH", failure.Error.Message);
        }
    }

    [Fact]
    public async Task A_root_file_system_with_proc_as_a_link_is_refused()
    {
        string key = "hostile";
        Directory.CreateDirectory(Path.Combine(keeper.Root, key, "upper"));
        File.CreateSymbolicLink(Path.Combine(keeper.Root, key, "upper", "proc"), "/tmp");
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (ours)
        using (theirs)
        {
            (SpawnOutcome outcome, CompiledContainer compiled) = await keeper.StartAsync(key, KeeperFixture.Spec("true"), theirs);
            Assert.Equal(Errno.ELOOP, outcome.Errno);
            Assert.Contains("mount proc on /proc", compiled.Explain(outcome.FailedOperation, outcome.Errno).Error.Message);
        }
    }

    [Fact]
    public async Task With_a_supervisor_orphans_are_reaped_and_the_exit_code_is_the_commands()
    {
        string key = "supervised";
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (ours)
        {
            using (theirs)
            {
                (SpawnOutcome outcome, CompiledContainer compiled) = await keeper.StartAsync(key, KeeperFixture.Spec("sh", "-c", "echo $$; (sleep 0 &) ; sleep 0.1; exit 5"), theirs, supervise: true);
                Assert.True(outcome.Started, outcome.Started ? "" : compiled.Explain(outcome.FailedOperation, outcome.Errno).Error.Message);
            }
            Assert.NotEqual("1\n", KeeperFixture.ReadAll(ours));
            Assert.Equal(5, (await keeper.Exits[key].Task.WaitAsync(TimeSpan.FromSeconds(10))).ShellCode);
        }
    }
}
