namespace Tare.Tests.EndToEnd;

/// <summary>Containers go on while tared is away, and the next tared knows them.</summary>
public sealed class SurvivalTests : IDisposable
{
    private readonly Engine _engine = new();

    public SurvivalTests() => _engine.LoadBusybox();

    [Fact]
    public void Containers_never_notice_that_tared_was_killed()
    {
        _engine.Tare("run", "-d", "--name", "writer", "busybox", "sh", "-c", "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; sleep 0.05; done; exit 3").Ok();
        _engine.Tare("run", "-d", "--name", "steady", "-p", "127.0.0.1:27124:80", "busybox", "sh", "-c", "mkdir -p /w; echo hello > /w/index.html; exec httpd -f -h /w").Ok();
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", "steady").Ok();
        Thread.Sleep(300);
        _engine.Kill();
        Assert.Equal("hello\n", Repository.Run("curl", ["-s", "--retry", "5", "--retry-connrefused", "http://127.0.0.1:27124/"]).Ok());
        Thread.Sleep(2500); // the writer ends while nobody watches
        _engine.Start();
        Assert.Equal(pid, _engine.Tare("inspect", "-f", "{{.State.Pid}}", "steady").Ok());
        Assert.Equal("running", _engine.Tare("inspect", "-f", "{{.State.Status}}", "steady").Ok().Trim());
        Assert.Equal("exited 3", _engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "writer").Ok().Trim());
        Assert.Equal(string.Concat(Enumerable.Range(1, 40).Select(i => $"line {i}\n")), _engine.Tare("logs", "writer").Ok());
        Assert.Equal("ok\n", _engine.Tare("exec", "steady", "echo", "ok").Ok());
        Assert.Equal("hello\n", Repository.Run("curl", ["-s", "http://127.0.0.1:27124/"]).Ok());
        _engine.Tare("stop", "-t", "1", "steady").Ok();
        _engine.Tare("rm", "steady", "writer").Ok();
    }

    [Fact]
    public void A_container_that_was_being_made_when_tared_was_killed_is_gone_or_whole()
    {
        for (int i = 0; i < 5; i++)
        {
            using Background run = _engine.Start(Repository.Program("tare"), "run", "-d", "--name", $"cut{i}", "busybox", "sleep", "100");
            Thread.Sleep(5 * i);
            _engine.Kill();
            _engine.Start();
            Result inspect = _engine.Tare("inspect", "-f", "{{.State.Status}}", $"cut{i}");
            if (inspect.Code == 0)
                _engine.Tare("rm", "-f", $"cut{i}").Ok();
        }
        Assert.Equal("", _engine.Tare("ps", "-aq").Ok());
        Assert.DoesNotContain(Directory.GetDirectories(Path.Combine(_engine.DataRoot, "containers")), d => Path.GetFileName(d).Length == 64);
    }

    [Fact]
    public void A_stopped_tared_leaves_its_containers_running_and_restart_policies_hold()
    {
        _engine.Tare("run", "-d", "--name", "always", "--restart", "always", "busybox", "sleep", "1000").Ok();
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", "always").Ok().Trim();
        _engine.Stop();
        Assert.True(Directory.Exists($"/proc/{pid}"));
        Repository.Run("kill", ["-9", pid]).Ok();
        _engine.Start();
        // The keeper may tell of the end a moment after the engine answers.
        Wait.Until(() => _engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", "always").Output.Trim() is var now && now.StartsWith("running ", StringComparison.Ordinal) && now != $"running {pid}",
            TimeSpan.FromSeconds(10), () => _engine.Log());
        _engine.Tare("rm", "-f", "always").Ok();
    }

    [Fact]
    public void Containers_never_notice_that_their_keeper_was_killed()
    {
        StartCounter("counter");
        _engine.Tare("run", "-d", "--name", "shell", "-it", "busybox", "sh").Ok();
        _engine.Tare("run", "-d", "--name", "ends", "busybox", "sh", "-c", "sleep 1; echo last; exit 9").Ok();
        using Background wait = _engine.Start(Repository.Program("tare"), "wait", "ends");
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", "counter").Ok();
        for (int i = 0; i < 5; i++)
        {
            Thread.Sleep(100);
            _engine.KillKeeper();
        }
        Assert.Equal("ok\n", _engine.Tare("exec", "counter", "echo", "ok").Ok());
        wait.WaitFor("9");
        Assert.Equal("last\n", _engine.Tare("logs", "ends").Ok());
        Assert.Equal("running", _engine.Tare("inspect", "-f", "{{.State.Status}}", "shell").Ok().Trim());
        Assert.Equal(pid, _engine.Tare("inspect", "-f", "{{.State.Pid}}", "counter").Ok());
        AssertCounts("counter");
        Assert.Equal(0, _engine.Tare("stop", "-t", "0", "counter", "shell").Code);
        Assert.Equal("exited 137", _engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "counter").Ok().Trim());
    }

    [Fact]
    public void Containers_never_notice_that_tared_and_its_keeper_were_killed_together()
    {
        StartCounter("counter");
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", "counter").Ok();
        for (int i = 0; i < 3; i++)
        {
            Thread.Sleep(100);
            _engine.Kill();
            _engine.KillKeeper();
            _engine.Start();
        }
        Assert.Equal(pid, _engine.Tare("inspect", "-f", "{{.State.Pid}}", "counter").Ok());
        Assert.Equal("ok\n", _engine.Tare("exec", "counter", "echo", "ok").Ok());
        AssertCounts("counter");
        Repository.Run("kill", ["-9", pid.Trim()]).Ok();
        Wait.Until(() => _engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "counter").Output.Trim() == "exited 137", TimeSpan.FromSeconds(10), () => _engine.Log());
    }

    [Fact]
    public void Streams_of_a_container_that_ended_as_its_keeper_died_do_not_stay()
    {
        for (int i = 0; i < 12; i++)
        {
            string pid = _engine.Tare("run", "-d", "--name", $"last{i}", "busybox", "sleep", "1000").Ok();
            pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", $"last{i}").Ok().Trim();
            Repository.Run("kill", ["-9", pid]).Ok();
            Thread.Sleep(i);
            _engine.KillKeeper();
        }
        string left = "";
        Wait.Until(() => (left = string.Join('\n', Directory.GetFiles(_engine.ExecRoot + "/stdio").Where(file => Path.GetFileName(file) != "journal"))).Length == 0, TimeSpan.FromSeconds(15), () => left);
    }

    [Fact]
    public void A_pause_that_tared_was_killed_in_blocks_neither_the_container_nor_the_engine()
    {
        _engine.Tare("run", "-d", "--name", "half", "busybox", "sleep", "1000").Ok();
        string id = _engine.Tare("inspect", "-f", "{{.Id}}", "half").Ok().Trim();
        string group = _engine.CgroupParents.Select(parent => Path.Combine(parent, id)).First(path => File.Exists(Path.Combine(path, "cgroup.freeze")));
        _engine.Kill();
        File.WriteAllText(Path.Combine(group, "cgroup.freeze"), "1");
        _engine.Start();
        Assert.Equal("running", _engine.Tare("inspect", "-f", "{{.State.Status}}", "half").Ok().Trim());
        Assert.Equal("ok\n", _engine.Tare("exec", "half", "echo", "ok").Ok());
        // Frozen by others, an exec is refused; the keeper would wait for it, and everybody for the keeper.
        File.WriteAllText(Path.Combine(group, "cgroup.freeze"), "1");
        Result refused = _engine.Tare("exec", "half", "echo", "ok");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("is frozen", refused.Error + refused.Output, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(group, "cgroup.freeze"), "0");
        Assert.Equal("ok\n", _engine.Tare("exec", "half", "echo", "ok").Ok());
    }

    [Fact]
    public void A_tared_that_finds_its_disk_full_serves_all_the_same() => ServesFromFullDisk(254, ["-t", "tmpfs", "-o", "size=8m", "tmpfs"], "cat /dev/zero > $0/filler");

    [Fact]
    public void A_full_disk_with_small_blocks_does_not_end_tared_by_a_bus_error()
    {
        string image = Path.Combine(_engine.Root, "image");
        Repository.Run("truncate", ["-s", "32M", image]).Ok();
        Repository.Run("mkfs.ext4", ["-q", "-m", "0", "-b", "1024", image]).Ok();
        // An index that SQLite has emptied, and whose blocks others have taken but for a few.
        ServesFromFullDisk(253, ["-o", "loop", image], "rm -f $0/tare.db-shm; cat /dev/zero > $0/filler; dd if=/dev/zero of=$0/last bs=512; truncate -s -10K $0/filler");
    }

    /// <summary>tared is killed, a command fills the disk of its data ($0), and it starts again.</summary>
    private void ServesFromFullDisk(int subnet, string[] mount, string fill)
    {
        string disk = Path.Combine(_engine.Root, "disk");
        Directory.CreateDirectory(disk);
        Repository.Run("mount", [.. mount, disk]).Ok();
        string socket = Path.Combine(_engine.Root, "disk.sock"), bridge = $"10.213.{subnet}.1";
        string[] options = ["--data-root", disk, "--exec-root", Path.Combine(_engine.Root, "disk-exec"), "--host", "unix://" + socket, "--bip", bridge + "/24"];
        try
        {
            for (int start = 0; start < 2; start++)
            {
                using System.Diagnostics.Process tared = System.Diagnostics.Process.Start(Repository.Program("tared"), options);
                Wait.Until(() => Repository.Run("curl", ["-s", "--unix-socket", socket, "http://tare/_ping"]).Output == "OK" || tared.HasExited, TimeSpan.FromSeconds(20), () => "tared does not answer");
                Assert.False(tared.HasExited, $"tared ended with {(tared.HasExited ? tared.ExitCode : 0)}");
                tared.Kill();
                tared.WaitForExit();
                _ = Repository.Run("sh", ["-c", fill, disk]);
            }
        }
        finally
        {
            _engine.KillKeeper();
            _ = Repository.Run("umount", ["-l", disk]);
            Engine.RemoveBridge(bridge);
        }
    }

    [Fact]
    public void A_volume_that_was_mounted_before_tared_was_killed_is_unmounted_when_its_last_container_ends()
    {
        _engine.Tare("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m", "memory").Ok();
        string mounted = Path.Combine(_engine.DataRoot, "volumes", "memory", "_data");
        foreach (string name in new[] { "first", "second" })
            _engine.Tare("run", "-d", "--name", name, "-v", "memory:/m", "busybox", "sleep", "1000").Ok();
        _engine.Tare("exec", "first", "sh", "-c", "echo kept > /m/f").Ok();
        _engine.Kill();
        _engine.Start();
        // One that comes and goes takes nothing away from those that were there before.
        Assert.Equal("kept\n", _engine.Tare("run", "--rm", "-v", "memory:/m", "busybox", "cat", "/m/f").Ok());
        Assert.Equal("kept\n", _engine.Tare("run", "--rm", "-v", "memory:/m", "busybox", "cat", "/m/f").Ok());
        _engine.Tare("stop", "-t", "0", "first").Ok();
        Assert.True(IsMounted(mounted));
        // The last one ends while nobody watches.
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", "second").Ok().Trim();
        _engine.Kill();
        Repository.Run("kill", ["-9", pid]).Ok();
        _engine.Start();
        Wait.Until(() => !IsMounted(mounted), TimeSpan.FromSeconds(10), () => _engine.Log());
        _engine.Tare("rm", "first", "second").Ok();
        _engine.Tare("volume", "rm", "memory").Ok();
    }

    [Fact]
    public void An_exec_is_known_after_tared_was_killed()
    {
        _engine.Tare("run", "-d", "--name", "box", "busybox", "sleep", "1000").Ok();
        using Background exec = _engine.Start(Repository.Program("tare"), "exec", "box", "sh", "-c", "sleep 1; exit 4");
        string id = "";
        Wait.Until(() => (id = _engine.Tare("inspect", "-f", "{{range .ExecIDs}}{{.}}{{end}}", "box").Output.Trim()).Length == 64, TimeSpan.FromSeconds(10), () => _engine.Log());
        Wait.Until(() => InspectExec(id).Contains("\"Running\":true", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => InspectExec(id));
        _engine.Kill();
        _engine.Start();
        Assert.Contains("\"Running\":true", InspectExec(id), StringComparison.Ordinal);
        Wait.Until(() => InspectExec(id).Contains("\"ExitCode\":4", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => InspectExec(id));
        _engine.Kill();
        _engine.Start();
        Assert.Contains("\"ExitCode\":4", InspectExec(id), StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreground_run_sees_the_container_through_its_restarts()
    {
        using Background run = _engine.Start(Repository.Program("tare"), "run", "--name", "again", "--restart", "on-failure:2", "busybox", "sh", "-c", "echo once more; exit 1");
        Assert.Equal(1, run.WaitForExit());
        Assert.Equal("once more\nonce more\nonce more\n", run.Output);
    }

    public void Dispose() => _engine.Dispose();

    private void StartCounter(string name) =>
        _engine.Tare("run", "-d", "--name", name, "busybox", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; usleep 5000; done").Ok();

    /// <summary>The log has 1, 2, 3, … without a gap or a repetition.</summary>
    private void AssertCounts(string name)
    {
        string[] lines = _engine.Tare("logs", name).Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 20, $"{lines.Length} lines");
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => i.ToString()), lines);
    }

    private static bool IsMounted(string path) => File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == path);

    private string InspectExec(string id) => Repository.Run("curl", ["-s", "--unix-socket", _engine.SocketPath, $"http://tare/exec/{id}/json"]).Ok();
}
