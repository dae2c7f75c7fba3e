using System.Diagnostics;

namespace Tare.Tests.EndToEnd;

/// <summary>Debian's containerd and dockerd, each with roots and sockets of its own and no network of the host, using tare-runtime in place of runc.</summary>
public sealed class PeerDaemons : IDisposable
{
    private readonly List<Process> _daemons = [];

    public PeerDaemons()
    {
        Root = Directory.CreateTempSubdirectory("tare-peer-").FullName;
        File.WriteAllText(Root + "/containerd.toml", $"""
            version = 2
            root = "{Root}/containerd"
            state = "{Root}/containerd-run"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "{Containerd}"
            """);
        File.WriteAllText(Root + "/daemon.json", "{\"runtimes\":{\"tare\":{\"path\":\"" + Repository.Program("tare-runtime") + "\"}},\"default-runtime\":\"tare\"}");
        Start("containerd", "-c", Root + "/containerd.toml");
        Wait.Until(() => Ctr("version").Code == 0, TimeSpan.FromSeconds(30), () => "containerd does not answer");
        Start("dockerd", "--config-file", Root + "/daemon.json", "--data-root", Root + "/docker", "--exec-root", Root + "/docker-run", "-H", "unix://" + Root + "/docker.sock",
            "-p", Root + "/docker.pid", "--bridge", "none", "--iptables=false", "--ip6tables=false", "--containerd", Containerd);
        Wait.Until(() => Docker("version").Code == 0, TimeSpan.FromSeconds(60), () => "dockerd does not answer");
        Docker("load", "-i", Repository.Image("busybox")).Ok();
        Ctr("images", "import", Repository.Image("busybox")).Ok();
    }

    internal string Root { get; }
    private string Containerd => Root + "/containerd.sock";

    internal string[] CtrArguments => ["-a", Containerd, "-n", "tare-ctr"];

    internal Result Docker(params string[] arguments) => Repository.Run("docker", ["-H", "unix://" + Root + "/docker.sock", .. arguments]);

    internal Result Ctr(params string[] arguments) => Repository.Run("ctr", [.. CtrArguments, .. arguments]);

    public void Dispose()
    {
        foreach (string id in Docker("ps", "-aq").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _ = Docker("rm", "-f", id);
        // The last one started stands on the first one.
        for (int i = _daemons.Count - 1; i >= 0; i--)
        {
            _ = Repository.Run("kill", ["-TERM", _daemons[i].Id.ToString()]);
            if (!_daemons[i].WaitForExit(TimeSpan.FromSeconds(20)))
                _daemons[i].Kill();
            _daemons[i].Dispose();
        }
        Repository.Run("rm", ["-rf", "--one-file-system", Root]).Ok();
        foreach (string group in Directory.GetDirectories("/sys/fs/cgroup").SelectMany(tree => new[] { tree + "/docker", tree + "/tare-ctr" }))
            _ = Repository.Run("rmdir", [group]);
    }

    private void Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new("/bin/sh") { ArgumentList = { "-c", $"exec \"$0\" \"$@\" >{Root}/{program}.log 2>&1 </dev/null", program } };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _daemons.Add(Process.Start(start)!);
    }
}

[CollectionDefinition(Name)]
public sealed class PeerDaemonsCollection : ICollectionFixture<PeerDaemons>
{
    public const string Name = "Debian's docker and containerd";
}

/// <summary>What people do with docker, done by dockerd through tare-runtime.</summary>
[Collection(PeerDaemonsCollection.Name)]
public sealed class RuntimeDockerdTests(PeerDaemons peers)
{
    private const string Network = "--network=none";

    [Fact]
    public void Run_returns_output_and_exit_code()
    {
        Result result = Docker("run", "--rm", Network, "busybox", "sh", "-c", "echo out; exit 3");
        Assert.Equal(("out\n", 3), (result.Output, result.Code));
        Assert.Equal(127, Docker("run", "--rm", Network, "busybox", "nosuch").Code);
        Assert.Equal(126, Docker("run", "--rm", Network, "busybox", "/etc").Code);
    }

    [Fact]
    public void A_container_is_limited_entered_paused_updated_killed_and_removed()
    {
        Docker("run", "-d", "--name", "box", Network, "-m", "64m", "--cpus", "0.5", "--pids-limit", "20", "busybox", "sleep", "1000").Ok();
        Assert.Equal("67108864\n20\n50000\n",
            Docker("exec", "box", "sh", "-c", "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us").Ok());
        Assert.Equal(5, Docker("exec", "box", "sh", "-c", "exit 5").Code);
        Assert.Contains("executable file not found in $PATH", Docker("exec", "box", "nosuch").Output);
        Docker("pause", "box").Ok();
        Assert.Contains("(Paused)", Docker("ps", "--format", "{{.Status}}").Ok());
        Docker("unpause", "box").Ok();
        Docker("update", "-m", "128m", "--memory-swap", "256m", "box").Ok();
        Assert.Equal("134217728\n", Docker("exec", "box", "cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes").Ok());
        Assert.Contains("128MiB", Docker("stats", "--no-stream", "box").Ok());
        Assert.Contains("sleep 1000", Docker("top", "box").Ok());
        Docker("kill", "box").Ok();
        Wait.Until(() => Docker("inspect", "-f", "{{.State.ExitCode}}", "box").Ok().Trim() == "137", TimeSpan.FromSeconds(10), () => Docker("ps", "-a").Output);
        Docker("rm", "box").Ok();
        Assert.DoesNotContain("box", Docker("ps", "-a", "--format", "{{.Names}}").Ok());
    }

    [Fact]
    public void A_terminal_reaches_the_caller_in_run_and_exec()
    {
        Assert.Contains("/dev/pts/0", Script($"run --rm -it {Network} busybox tty").Output);
        Docker("run", "-d", "--name", "term", Network, "busybox", "sleep", "1000").Ok();
        Assert.Contains("/dev/pts/0", Script("exec -it term tty").Output);
        Docker("rm", "-f", "term").Ok();
    }

    [Fact]
    public void Restrictions_hold()
    {
        string output = Docker("run", "--rm", Network, "--read-only", "--tmpfs", "/x", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "-u", "1000", "busybox",
            "sh", "-c", "grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status; touch /a 2>&1; id -u; echo again > /dev/stdout").Ok();
        Assert.Equal("CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\ntouch: /a: Read-only file system\n1000\nagain\n", output);
    }

    [Fact]
    public void An_init_process_and_a_privileged_container_work()
    {
        Assert.Contains("docker-init", Docker("run", "--rm", "--init", Network, "busybox", "cat", "/proc/1/cmdline").Ok());
        Assert.True(int.Parse(Docker("run", "--rm", "--privileged", Network, "busybox", "sh", "-c", "ls /dev | wc -l").Ok()) > 20);
    }

    private Result Docker(params string[] arguments) => peers.Docker(arguments);

    private Result Script(string command) => Repository.Run("script", ["-qec", $"docker -H unix://{peers.Root}/docker.sock {command}", "/dev/null"]);
}

/// <summary>containerd's own client, its shim told to call tare-runtime (BinaryName).</summary>
[Collection(PeerDaemonsCollection.Name)]
public sealed class RuntimeContainerdTests(PeerDaemons peers)
{
    private const string Image = "docker.io/library/busybox:latest";

    [Fact]
    public void Run_returns_output_and_a_missing_command_is_named()
    {
        Assert.Equal("out\n", Run(["--rm"], "one", "echo", "out").Ok());
        Assert.Contains("executable file not found in $PATH", Run(["--rm"], "none", "nosuch").Error);
    }

    [Fact]
    public void A_task_is_limited_entered_paused_measured_killed_and_removed()
    {
        Run(["-d", "--memory-limit", "67108864"], "box", "sleep", "1000").Ok();
        Assert.Contains("in\n", peers.Ctr("task", "exec", "--exec-id", "e1", "box", "echo", "in").Ok());
        Assert.Contains("/dev/pts/0", Repository.Run("script", ["-qec", $"ctr {string.Join(' ', peers.CtrArguments)} task exec -t --exec-id e2 box tty", "/dev/null"]).Output);
        peers.Ctr("task", "pause", "box").Ok();
        Assert.Contains("PAUSED", peers.Ctr("task", "ls").Ok());
        peers.Ctr("task", "resume", "box").Ok();
        Assert.Contains("memory", peers.Ctr("task", "metrics", "box").Ok());
        Assert.Equal(2, peers.Ctr("task", "ps", "box").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        peers.Ctr("task", "kill", "-s", "9", "box").Ok();
        Wait.Until(() => peers.Ctr("task", "ls").Output.Contains("STOPPED", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => peers.Ctr("task", "ls").Output);
        _ = peers.Ctr("task", "rm", "box");
        peers.Ctr("containers", "rm", "box").Ok();
        Assert.DoesNotContain("box", peers.Ctr("containers", "ls").Ok());
    }

    private Result Run(string[] options, string id, params string[] command) =>
        peers.Ctr(["run", .. options, "--runc-binary", Repository.Program("tare-runtime"), Image, id, .. command]);
}
