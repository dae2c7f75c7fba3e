namespace Tare.Tests.EndToEnd;

/// <summary>Podman with tare-runtime in place of crun; everything it stores is below one directory.</summary>
public sealed class RuntimePodmanTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-podman-").FullName;
    private readonly Dictionary<string, string> _environment;

    public RuntimePodmanTests()
    {
        File.WriteAllText(_root + "/containers.conf", $"""
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            runtime = "{Repository.Program("tare-runtime")}"
            """);
        File.WriteAllText(_root + "/storage.conf", $"[storage]\ndriver = \"overlay\"\ngraphroot = \"{_root}/graph\"\nrunroot = \"{_root}/run\"\n");
        File.WriteAllText(_root + "/policy.json", """{"default":[{"type":"insecureAcceptAnything"}]}""");
        _environment = new() { ["CONTAINERS_CONF"] = _root + "/containers.conf", ["CONTAINERS_STORAGE_CONF"] = _root + "/storage.conf", ["TMPDIR"] = _root };
        Podman("load", "--signature-policy", _root + "/policy.json", "-i", Repository.Image("busybox")).Ok();
    }

    [Fact]
    public void Run_returns_output_and_exit_code()
    {
        Result result = Podman("run", "--rm", "--network", "none", "busybox", "sh", "-c", "echo out; exit 3");
        Assert.Equal(("out\n", 3), (result.Output, result.Code));
        Assert.Equal(127, Podman("run", "--rm", "--network", "none", "busybox", "nosuch").Code);
    }

    [Fact]
    public void A_container_is_limited_entered_paused_updated_killed_and_removed()
    {
        Podman("run", "-d", "--name", "box", "--network", "none", "-m", "64m", "--pids-limit", "50", "busybox", "sleep", "1000").Ok();
        Assert.Equal("67108864\n50\n", Podman("exec", "box", "sh", "-c", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max").Ok());
        Assert.Equal("uid=1000(user) gid=1000(user)\n/tmp\n", Podman("exec", "-u", "1000:1000", "-w", "/tmp", "box", "sh", "-c", "id | cut -d' ' -f1,2; pwd").Ok());
        Assert.Equal(9, Podman("exec", "box", "sh", "-c", "exit 9").Code);
        Assert.Equal(127, Podman("exec", "box", "nosuch").Code);
        Podman("pause", "box").Ok();
        Assert.Equal("paused\n", Podman("inspect", "box", "--format", "{{.State.Status}}").Ok());
        Podman("unpause", "box").Ok();
        Podman("update", "--memory", "128m", "box").Ok();
        Assert.Equal("134217728\n", Podman("exec", "box", "cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes").Ok());
        Assert.Contains("sleep 1000", Podman("top", "box").Ok());
        Podman("kill", "box").Ok();
        Wait.Until(() => Podman("inspect", "box", "--format", "{{.State.ExitCode}}").Ok().Trim() == "137", TimeSpan.FromSeconds(10), () => Podman("ps", "-a").Output);
        Podman("rm", "box").Ok();
        Assert.Equal("", Podman("ps", "-aq").Ok());
    }

    [Fact]
    public void A_terminal_reaches_the_caller_in_run_and_exec()
    {
        Result run = Script("run --rm -it --network none busybox sh -c 'sleep 0.5; tty; sleep 0.5; exit 7'");
        Assert.Contains("/dev/pts/0", run.Output);
        Assert.Equal(7, run.Code);
        Podman("run", "-d", "--name", "term", "--network", "none", "busybox", "sleep", "1000").Ok();
        Assert.Contains("/dev/pts/0", Script("exec -it term tty").Output);
    }

    [Fact]
    public void A_user_namespace_maps_the_container_s_root_to_somebody_else()
    {
        string output = Podman("run", "--rm", "--network", "none", "--uidmap", "0:100000:1000", "--gidmap", "0:100000:1000", "busybox",
            "sh", "-c", "cat /proc/self/uid_map; touch /mine; stat -c %u /mine; echo > /dev/null; grep -c ' / / ' /proc/self/mountinfo").Ok();
        Assert.Matches(@"^ +0 +100000 +1000\n0\n1\n$", output);
    }

    public void Dispose()
    {
        _ = Podman("unpause", "-a");
        _ = Podman("rm", "-f", "-t", "0", "-a");
        // What podman has left behind a removed container may look at its root for a moment still.
        Result removed = default!;
        Wait.Until(() =>
        {
            _ = Repository.Run("umount", ["-R", _root + "/graph/overlay"]);
            removed = Repository.Run("rm", ["-rf", "--one-file-system", _root]);
            return removed.Code == 0;
        }, TimeSpan.FromSeconds(20), () => removed.Error);
        foreach (string tree in Directory.GetDirectories("/sys/fs/cgroup"))
            _ = Repository.Run("rmdir", [tree + "/libpod_parent"]);
    }

    private string[] Global => ["--root", _root + "/graph", "--runroot", _root + "/run", "--tmpdir", _root + "/tmp", "--network-config-dir", _root + "/net"];

    private Result Podman(params string[] arguments) => Repository.Run("podman", [.. Global, .. arguments], environment: _environment);

    private Result Script(string command) =>
        Repository.Run("script", ["-qec", $"podman {string.Join(' ', Global)} {command}", "/dev/null"], environment: _environment);
}
