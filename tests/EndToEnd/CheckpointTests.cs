namespace Tare.Tests.EndToEnd;

/// <summary>What checkpoints refuse and what a failure leaves; that they work is seen on the machine of <see cref="SystemdHostTests"/>, whose kernel can.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class CheckpointTests(SharedEngine shared) : IDisposable
{
    private readonly Engine _engine = shared.Engine;
    private readonly string _name = "saved" + Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public void A_checkpoint_that_criu_refuses_leaves_the_container_running_and_nothing_else()
    {
        // criu does not save connections unless it is told to, on any machine.
        Run(["--restart", "always"], "nc -l -p 9 -e sleep 1000 & sleep 0.3; nc 127.0.0.1 9 < /dev/zero & sleep 1000");
        string directory = Path.Combine(_engine.Root, "elsewhere-" + _name);
        Result refused = _engine.Tare("checkpoint", "create", "--checkpoint-dir", directory, _name, "one");
        Assert.Equal(1, refused.Code);
        Assert.StartsWith($"Error response from daemon: Cannot checkpoint container {_name}: criu failed: type dump errno ", refused.Error);
        Assert.Contains("/criu/dump.log)", refused.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
        Assert.Equal("running 0\n", State());
        Assert.Equal("CHECKPOINT NAME\n", _engine.Tare("checkpoint", "ls", _name).Ok());
        _engine.Tare("exec", _name, "true").Ok();
    }

    [Fact]
    public void A_checkpoint_without_criu_says_what_to_install()
    {
        using Engine bare = new(start: false) { SearchPath = "/nowhere" };
        bare.Start();
        bare.LoadBusybox();
        bare.Tare("run", "-d", "--name", "box", "busybox", "sleep", "1000").Ok();
        Result refused = bare.Tare("checkpoint", "create", "box", "one");
        Assert.Equal("Error response from daemon: criu is not installed (no such program in PATH): checkpoint and restore are its work; install the package criu\n", refused.Error);
        Assert.Equal("running\n", bare.Tare("inspect", "-f", "{{.State.Status}}", "box").Ok());
    }

    [Fact]
    public void Docker_s_own_client_may_ask_for_checkpoints()
    {
        Run([], "sleep 1000");
        Assert.Equal("CHECKPOINT NAME\n", _engine.Docker("checkpoint", "ls", _name).Ok());
        Assert.Contains("checkpoint two does not exist for container " + _name, _engine.Docker("checkpoint", "rm", _name, "two").Error);
        Assert.Contains("invalid checkpoint ID \".x\", only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", _engine.Docker("checkpoint", "create", _name, ".x").Error);
        _engine.Docker("stop", "-t", "0", _name).Ok();
        Assert.Contains(" is not running", _engine.Docker("checkpoint", "create", _name, "one").Error);
        Assert.Contains("checkpoint one does not exist", _engine.Docker("start", "--checkpoint", "one", _name).Error);
        Assert.Equal("exited 137\n", State());
    }

    [Theory]
    [InlineData("--pid=host", "the processes of host in sight (--pid)")]
    [InlineData("--userns=auto", "user ids of its own (--userns)")]
    [InlineData("--init", "a process 1 of the engine's (--init)")]
    public void What_criu_cannot_save_is_refused_by_the_option_that_is_in_the_way(string option, string why)
    {
        Run([option], "sleep 1000");
        Assert.Equal($"Error response from daemon: container {_name} has {why}: such a container cannot be saved\n", _engine.Tare("checkpoint", "create", _name, "one").Error);
        Assert.Equal("running 0\n", State());
    }

    [Fact]
    public void A_checkpoint_that_would_go_with_its_container_is_not_made()
    {
        Run(["--rm"], "sleep 1000");
        Assert.Contains("use --leave-running or --checkpoint-dir", _engine.Tare("checkpoint", "create", _name, "one").Error);
        Assert.Contains("is not an absolute path", _engine.Tare("checkpoint", "create", "--checkpoint-dir", "here", _name, "one").Error);
        Assert.Contains("does not exist for container", _engine.Tare("checkpoint", "ls", "--checkpoint-dir", "/nowhere", _name).Error);
        Assert.Equal("running 0\n", State());
    }

    [Fact]
    public void A_start_from_a_damaged_checkpoint_leaves_nothing_and_the_container_starts_as_before()
    {
        Run([], "echo once; sleep 1000");
        string id = _engine.Tare("inspect", "-f", "{{.Id}}", _name).Ok().Trim();
        WaitForLog("once\n");
        _engine.Tare("kill", _name).Ok();
        _engine.Tare("wait", _name).Ok();
        string images = Directory.CreateDirectory(Path.Combine(_engine.DataRoot, "containers", id, "checkpoints", "damaged")).FullName;
        File.WriteAllText(Path.Combine(images, "descriptors.json"), """["/dev/null","/dev/null","/dev/null"]""");
        File.WriteAllText(Path.Combine(images, "inventory.img"), "no image");
        Assert.Equal("CHECKPOINT NAME\ndamaged\n", _engine.Tare("checkpoint", "ls", _name).Ok());
        Result failed = _engine.Tare("start", "--checkpoint", "damaged", _name);
        Assert.Equal(1, failed.Code);
        Assert.Contains("criu failed: type restore errno ", failed.Error);
        Assert.Equal("exited 128\n", State());
        Assert.DoesNotContain(_engine.CgroupParents, parent => Directory.Exists(Path.Combine(parent, id)));
        Assert.DoesNotContain("anchor", File.ReadAllText("/proc/mounts"));
        _engine.Tare("start", _name).Ok();
        Assert.Equal("running 0\n", State());
        WaitForLog("once\nonce\n");
        _engine.Tare("checkpoint", "rm", _name, "damaged").Ok();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(images)!));
    }

    [Fact]
    public void The_first_process_leads_a_session_of_its_own() =>
        Assert.Equal("1\n", _engine.Tare("run", "--rm", "busybox", "sh", "-c", "cut -d' ' -f6 /proc/1/stat").Ok());

    public void Dispose() => _engine.Tare("rm", "-f", _name);

    private void Run(string[] options, string script) => _engine.Tare(["run", "-d", "--name", _name, .. options, "busybox", "sh", "-c", script]).Ok();

    private void WaitForLog(string text) => Wait.Until(() => _engine.Tare("logs", _name).Ok() == text, TimeSpan.FromSeconds(15), () => _engine.Tare("logs", _name).Output);

    private string State() => _engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", _name).Ok();
}
