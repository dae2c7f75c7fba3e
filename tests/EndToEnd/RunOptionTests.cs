namespace Tare.Tests.EndToEnd;

/// <summary>Each option of `tare run`, seen from inside the container.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class RunOptionTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;

    [Fact]
    public void Environment_comes_from_options_and_files()
    {
        string file = Path.Combine(_engine.Root, "env");
        File.WriteAllText(file, "# comment\nFROM_FILE=two words\n");
        Assert.Equal("one|two words\n", Sh("echo \"$A|$FROM_FILE\"", "-e", "A=one", "--env-file", file));
    }

    [Fact]
    public void Volumes_keep_what_one_container_wrote_for_the_next()
    {
        string volume = "vol-" + Guid.NewGuid().ToString("N")[..8];
        Sh("echo kept > /data/file", "-v", $"{volume}:/data");
        Assert.Equal("kept\n", Sh("cat /data/file", "--mount", $"type=volume,source={volume},target=/data,readonly"));
        Assert.Contains("Read-only", Run("echo x > /data/file", "-v", $"{volume}:/data:ro").Error);
        _engine.Tare("volume", "rm", volume).Ok();
    }

    [Fact]
    public void A_new_volume_begins_with_the_images_files()
    {
        Assert.Contains("passwd", Sh("ls /etc", "-v", "/etc"));
    }

    [Fact]
    public void Host_directories_and_files_are_bound()
    {
        string directory = Path.Combine(_engine.Root, "bound");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "a"), "from the host");
        Assert.Equal("from the host", Sh("cat /b/a; echo new > /b/new", "-v", $"{directory}:/b"));
        Assert.Equal("new\n", File.ReadAllText(Path.Combine(directory, "new")));
        Assert.Equal("from the host", Sh("cat /etc/single", "-v", $"{directory}/a:/etc/single:ro"));
    }

    [Fact]
    public void A_read_only_root_with_tmpfs_is_writable_only_there()
    {
        Result result = Run("echo x > /tmp/ok && cat /tmp/ok; echo y > /etc/no", "--read-only", "--tmpfs", "/tmp:size=1m");
        Assert.Equal("x\n", result.Output);
        Assert.Contains("Read-only file system", result.Error);
    }

    [Fact]
    public void User_working_directory_and_host_name_are_as_given()
    {
        Assert.Equal("uid=1000(user) gid=1000(user) groups=100(users),1000(user)\n/made/for/me\nbox\n", Sh("id; pwd; hostname", "-u", "user", "-w", "/made/for/me", "--hostname", "box"));
    }

    [Fact]
    public void The_entry_point_can_be_replaced()
    {
        Assert.Equal("replaced x\n", _engine.Tare("run", "--rm", "--entrypoint", "echo", "busybox", "replaced", "x").Ok());
    }

    [Fact]
    public void Capabilities_are_dockers_fourteen_unless_changed()
    {
        Assert.Contains("CapEff:\t00000000a80425fb", Sh("grep CapEff /proc/self/status"));
        Assert.Contains("CapEff:\t0000000000000000", Sh("grep CapEff /proc/self/status", "--cap-drop", "ALL"));
        Assert.Contains("CapEff:\t0000000000001000", Sh("grep CapEff /proc/self/status", "--cap-drop", "all", "--cap-add", "NET_ADMIN"));
        Assert.Contains("NoNewPrivs:\t1", Sh("grep NoNewPrivs /proc/self/status", "--security-opt", "no-new-privileges"));
    }

    [Fact]
    public void The_default_seccomp_filter_is_on_and_can_be_off()
    {
        Assert.Contains("Seccomp:\t2", Sh("grep Seccomp: /proc/self/status"));
        Assert.Contains("Seccomp:\t0", Sh("grep Seccomp: /proc/self/status", "--security-opt", "seccomp=unconfined"));
        Assert.NotEqual(0, Run("unshare -U true").Code);
    }

    [Fact]
    public void A_privileged_container_can_mount()
    {
        Assert.Equal("mounted\n", Sh("mount -t tmpfs x /mnt 2>/dev/null || (mkdir -p /mnt; mount -t tmpfs x /mnt) && echo mounted", "--privileged"));
    }

    [Fact]
    public void Memory_beyond_the_limit_is_an_oom_kill()
    {
        string name = "oom-" + Guid.NewGuid().ToString("N")[..8];
        Result result = _engine.Tare("run", "--name", name, "-m", "16m", "--memory-swap", "16m", "busybox", "sh", "-c", "x=a; while :; do x=$x$x; done");
        Assert.Equal(137, result.Code);
        Assert.Equal("true", _engine.Tare("inspect", "-f", "{{.State.OOMKilled}}", name).Ok().Trim());
        _engine.Tare("rm", name).Ok();
    }

    [Fact]
    public void The_number_of_processes_is_limited()
    {
        Assert.Contains("can't fork", Run("for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait", "--pids-limit", "4").Error);
    }

    [Fact]
    public void Limits_arrive_in_the_kernel()
    {
        Assert.Equal("1234:5678\n", Sh("echo $(ulimit -Sn):$(ulimit -Hn)", "--ulimit", "nofile=1234:5678"));
        string limited = _engine.Tare("run", "-d", "--ulimit", "nofile=1234:5678", "busybox", "sleep", "100").Ok().Trim();
        Assert.Equal("1234\n", _engine.Tare("exec", limited, "sh", "-c", "ulimit -Sn").Ok());
        _engine.Tare("rm", "-f", limited).Ok();
        string id = _engine.Tare("run", "-d", "--cpus", "0.5", "--cpuset-cpus", "0", "--cpu-shares", "512", "busybox", "sleep", "100").Ok().Trim();
        Assert.Equal("1", _engine.Tare("exec", id, "nproc").Ok().Trim());
        Assert.Equal("500000000 512", _engine.Tare("inspect", "-f", "{{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}}", id).Ok().Trim());
        _engine.Tare("rm", "-f", id).Ok();
    }

    [Fact]
    public void A_log_stays_within_its_size_and_number_of_files()
    {
        string id = _engine.Tare("run", "-d", "--log-opt", "max-size=10k", "--log-opt", "max-file=3", "busybox", "sh", "-c", "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done").Ok().Trim();
        Assert.Equal("0", _engine.Tare("wait", id).Ok().Trim());
        FileInfo[] files = [.. Directory.GetFiles(Path.Combine(_engine.DataRoot, "containers", id), "*-json.log*").Select(f => new FileInfo(f))];
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.InRange(file.Length, 1, 10_240));
        Assert.EndsWith("line 2000\n", _engine.Tare("logs", id).Ok());
        _engine.Tare("rm", id).Ok();
    }

    [Fact]
    public void With_init_process_one_is_not_the_command()
    {
        Assert.NotEqual("1\n", Sh("echo $$", "--init"));
        Assert.Equal(8, Run("exit 8", "--init").Code);
    }

    [Fact]
    public void With_init_and_a_terminal_a_keys_signal_arrives_once()
    {
        string file = Path.Combine(_engine.Root, "count.sh");
        File.WriteAllText(file, "n=0; trap 'n=$((n+1))' INT; echo ready; x=; while [ \"$x\" != q ]; do read x; done; echo interrupts $n\n");
        string log = Path.Combine(_engine.Root, "typescript");
        File.WriteAllText(log, "");
        string run = $"docker run --rm --init -it -v {file}:/count.sh busybox sh /count.sh";
        Result result = _engine.Run("script", ["-qec", $"(until grep -q ready {log}; do sleep 0.1; done; sleep 0.5; printf '\\003'; sleep 0.5; printf 'q\\n'; sleep 0.5) | script -qefc '{run}' {log}", "/dev/null"], seconds: 30);
        Assert.Contains("interrupts 1", result.Output);
    }

    [Fact]
    public void A_failing_container_is_restarted_as_often_as_asked()
    {
        string name = "again-" + Guid.NewGuid().ToString("N")[..8];
        _engine.Tare("run", "-d", "--name", name, "--restart", "on-failure:2", "busybox", "sh", "-c", "echo try; exit 1").Ok();
        Wait.Until(() => _engine.Tare("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", name).Output.Trim() == "exited 2", TimeSpan.FromSeconds(15), () => _engine.Tare("inspect", "-f", "{{json .State}}", name).Output);
        Assert.Equal("try\ntry\ntry\n", _engine.Tare("logs", name).Ok());
        _engine.Tare("rm", name).Ok();
    }

    [Fact]
    public void A_device_of_the_host_can_be_used_when_given()
    {
        Assert.Equal(0, Run("test -c /dev/fuse", "--device", "/dev/fuse").Code);
        Assert.NotEqual(0, Run("test -c /dev/fuse").Code);
    }

    [Fact]
    public void Hosts_and_resolvers_are_added()
    {
        string output = Sh("cat /etc/hosts /etc/resolv.conf", "--add-host", "db:10.1.2.3", "--dns", "10.9.9.9", "--dns-search", "example.org");
        Assert.Contains("10.1.2.3\tdb", output);
        Assert.Contains("nameserver 10.9.9.9", output);
        Assert.Contains("search example.org", output);
    }

    [Fact]
    public void Explain_prints_the_calls_that_isolate_a_container()
    {
        string text = _engine.Tare("explain", "run", "-m", "64m", "busybox", "true").Ok();
        foreach (string call in new[] { "pivot_root", "seccomp", "capset", "execve", "move_mount" })
            Assert.Contains(call, text);
    }

    private Result Run(string script, params string[] options) => _engine.Tare(["run", "--rm", .. options, "busybox", "sh", "-c", script]);

    private string Sh(string script, params string[] options) => Run(script, options).Ok();
}
