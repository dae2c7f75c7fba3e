namespace Tare.Tests.EndToEnd;

/// <summary>The stock docker command line against Tare's socket.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class DockerClientTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;

    [Fact]
    public void Version_and_info_name_the_server()
    {
        Assert.Contains("Server:", _engine.Docker("version").Ok());
        Assert.Contains("Storage Driver: overlay", _engine.Docker("info").Ok());
    }

    [Fact]
    public void Run_prints_the_output_of_both_streams_and_returns_the_exit_code()
    {
        Result result = _engine.Docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal(("out\n", "err\n", 3), (result.Output, result.Error, result.Code));
    }

    [Fact]
    public void Run_passes_standard_input_to_its_end()
    {
        Result result = _engine.Run("docker", ["run", "--rm", "-i", "busybox", "wc", "-c"], input: new string('x', 300_000));
        Assert.Equal("300000", result.Ok().Trim());
    }

    [Fact]
    public void Exec_with_a_terminal_has_one()
    {
        string id = _engine.Docker("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        Result result = _engine.Run("script", ["-qec", $"docker exec -it -e COLOR=blue -w /tmp {id} sh -c 'tty; pwd; echo $COLOR; exit 9'", "/dev/null"]);
        Assert.Contains("/dev/pts/", result.Output);
        Assert.Contains("/tmp", result.Output);
        Assert.Contains("blue", result.Output);
        Assert.Equal(9, result.Code);
        _engine.Docker("rm", "-f", id).Ok();
    }

    [Fact]
    public void Exec_runs_as_the_wanted_user_with_its_exit_code()
    {
        string id = _engine.Docker("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        Assert.Contains("uid=1000(user)", _engine.Docker("exec", "-u", "user", id, "id").Ok());
        Assert.Equal(7, _engine.Docker("exec", id, "sh", "-c", "exit 7").Code);
        Assert.Equal(127, _engine.Docker("exec", id, "nosuch").Code);
        Assert.Equal("in", _engine.Run("docker", ["exec", "-i", id, "cat"], input: "in").Ok());
        _engine.Docker("rm", "-f", id).Ok();
    }

    [Fact]
    public void Logs_follow_until_the_container_ends()
    {
        string id = _engine.Docker("run", "-d", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done").Ok().Trim();
        using Background logs = _engine.Start("docker", "logs", "-f", id);
        Assert.Equal(0, logs.WaitForExit());
        Assert.Equal("line 1\nline 2\nline 3\nline 4\nline 5\n", logs.Output);
        Assert.Equal("line 4\nline 5\n", _engine.Docker("logs", "--tail", "2", id).Ok());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line 5\n$", _engine.Docker("logs", "-t", "-n", "1", id).Ok());
        _engine.Docker("rm", id).Ok();
    }

    [Fact]
    public void A_tail_of_one_is_one_line_while_the_container_writes_many()
    {
        string id = _engine.Docker("run", "-d", "--log-opt", "max-size=1m", "--log-opt", "max-file=2", "busybox", "yes").Ok().Trim();
        Wait.Until(() => _engine.Tare("logs", "--tail", "1", id).Ok().Length > 0, TimeSpan.FromSeconds(10), () => "no line");
        for (int i = 0; i < 40; i++)
            Assert.Equal("y\n", _engine.Tare("logs", "--tail", "1", id).Ok());
        _engine.Docker("rm", "-f", id).Ok();
    }

    [Fact]
    public void Files_are_copied_both_ways_with_their_content()
    {
        string id = _engine.Docker("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        string source = Path.Combine(_engine.Root, "copied.txt");
        File.WriteAllText(source, "copied content");
        _engine.Docker("cp", source, $"{id}:/tmp/in.txt").Ok();
        Assert.Equal("copied content", _engine.Docker("exec", id, "cat", "/tmp/in.txt").Ok());
        _engine.Docker("exec", id, "sh", "-c", "mkdir /tmp/dir && echo a > /tmp/dir/a && ln -s a /tmp/dir/b").Ok();
        string target = Path.Combine(_engine.Root, "dir-out");
        _engine.Docker("cp", $"{id}:/tmp/dir", target).Ok();
        Assert.Equal("a\n", File.ReadAllText(Path.Combine(target, "a")));
        Assert.Equal("a", new FileInfo(Path.Combine(target, "b")).LinkTarget);
        Assert.Contains("A /tmp/dir/a", _engine.Docker("diff", id).Ok());
        _engine.Docker("rm", "-f", id).Ok();
    }

    [Fact]
    public void Stats_show_memory_and_processes()
    {
        string id = _engine.Docker("run", "-d", "-m", "64m", "busybox", "sleep", "100").Ok().Trim();
        string line = _engine.Docker("stats", "--no-stream", "--format", "{{.MemUsage}} {{.PIDs}}", id).Ok();
        Assert.Contains("/ 64MiB 1", line);
        _engine.Docker("rm", "-f", id).Ok();
    }

    [Fact]
    public void Events_tell_of_a_containers_life()
    {
        using Background events = _engine.Start("docker", "events", "--filter", "label=events-test", "--format", "{{.Action}} {{.Actor.Attributes.exitCode}}");
        // The stream begins at some moment: containers are run until one is seen whole.
        string[] expected = ["create", "start", "die 4", "destroy"];
        Wait.Until(() =>
        {
            _engine.Docker("run", "--rm", "-l", "events-test=1", "busybox", "sh", "-c", "exit 4");
            return expected.All(action => events.Output.Contains(action, StringComparison.Ordinal));
        }, TimeSpan.FromSeconds(20), () => events.Output);
    }

    [Fact]
    public void Stop_asks_first_and_rm_removes()
    {
        string id = _engine.Docker("run", "-d", "busybox", "sh", "-c", "trap 'echo asked; exit 5' TERM; while :; do sleep 0.1; done").Ok().Trim();
        Wait.Until(() => _engine.Docker("top", id).Code == 0, TimeSpan.FromSeconds(5), () => "not running");
        Thread.Sleep(200); // until the shell has set its trap
        _engine.Docker("stop", id).Ok();
        Assert.Equal("asked\n", _engine.Docker("logs", id).Ok());
        Assert.Equal("exited 5", _engine.Docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", id).Ok().Trim());
        _engine.Docker("rm", id).Ok();
        Assert.Contains("No such container", _engine.Docker("logs", id).Error);
    }

    [Fact]
    public void Pause_rename_wait_and_restart_do_what_they_say()
    {
        string name = "life-" + Guid.NewGuid().ToString("N")[..8];
        _engine.Docker("run", "-d", "--name", name, "busybox", "sh", "-c", "sleep 2; exit 6").Ok();
        _engine.Docker("pause", name).Ok();
        Thread.Sleep(2500);
        Assert.Equal("paused", _engine.Docker("inspect", "-f", "{{.State.Status}}", name).Ok().Trim());
        _engine.Docker("unpause", name).Ok();
        Assert.Equal("6", _engine.Docker("wait", name).Ok().Trim());
        _engine.Docker("rename", name, name + "-2").Ok();
        _engine.Docker("restart", name + "-2").Ok();
        Assert.Equal("6", _engine.Docker("wait", name + "-2").Ok().Trim());
        _engine.Docker("rm", name + "-2").Ok();
    }

    [Fact]
    public void Attach_and_detached_keys_leave_the_container_running()
    {
        string id = _engine.Docker("run", "-dit", "busybox", "sh").Ok().Trim();
        Result result = _engine.Run("script", ["-qec", $"(sleep 0.5; printf 'echo from$((1+1))\\n'; sleep 0.5; printf '\\020\\021'; sleep 1) | script -qec 'docker attach {id}' /dev/null", "/dev/null"], seconds: 20);
        Assert.Contains("from2", result.Output);
        Assert.Equal("running", _engine.Docker("inspect", "-f", "{{.State.Status}}", id).Ok().Trim());
        _engine.Docker("rm", "-f", id).Ok();
    }

    [Fact]
    public void Images_are_saved_and_loaded_again()
    {
        string file = Path.Combine(_engine.Root, "saved.tar");
        string id = _engine.Docker("create", "busybox", "true").Ok().Trim();
        _engine.Docker("commit", "-c", "ENV KEY=value", id, "saved:one").Ok();
        _engine.Docker("save", "-o", file, "saved:one").Ok();
        _engine.Docker("rm", id).Ok();
        _engine.Docker("rmi", "saved:one").Ok();
        Assert.Contains("saved:one", _engine.Docker("load", "-i", file).Ok());
        Assert.Equal("value\n", _engine.Docker("run", "--rm", "saved:one", "sh", "-c", "echo $KEY").Ok());
        Assert.Contains("saved", _engine.Docker("images").Ok());
        Assert.NotEmpty(_engine.Docker("history", "-q", "saved:one").Ok());
        _engine.Docker("tag", "saved:one", "saved:two").Ok();
        _engine.Docker("rmi", "saved:one", "saved:two").Ok();
    }

    [Fact]
    public void Export_and_import_carry_the_file_system()
    {
        string file = Path.Combine(_engine.Root, "exported.tar");
        string id = _engine.Docker("run", "-d", "busybox", "sh", "-c", "echo kept > /kept; chown 1000 /kept").Ok().Trim();
        _engine.Docker("wait", id).Ok();
        _engine.Docker("export", "-o", file, id).Ok();
        _engine.Docker("import", file, "imported:x").Ok();
        Assert.Equal("kept\n1000\n", _engine.Docker("run", "--rm", "imported:x", "sh", "-c", "cat /kept; stat -c %u /kept").Ok());
        _engine.Docker("rm", id).Ok();
        _engine.Docker("rmi", "imported:x").Ok();
    }
}
