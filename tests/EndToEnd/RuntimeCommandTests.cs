using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>The command line that engines know from runc, each command with its options, results and messages.</summary>
public sealed class RuntimeCommandTests : IDisposable
{
    private readonly RuntimeBundle _bundle = new();

    [Fact]
    public void A_created_container_waits_for_start()
    {
        string id = RuntimeBundle.NewId(), file = Path.Combine(_bundle.Rootfs, "started"), pid = Path.Combine(_bundle.Root, "pid");
        _bundle.Detached("create", "--pid-file", pid, "-b", _bundle.Script("touch /started; sleep 100"), id).Ok();
        Assert.Equal(("created", false), (_bundle.StatusOf(id), File.Exists(file)));
        Assert.Equal(_bundle.PidOf(id).ToString(), File.ReadAllText(pid));
        _bundle.Tare("start", id).Ok();
        Wait.Until(() => File.Exists(file), TimeSpan.FromSeconds(10), () => _bundle.StatusOf(id));
        Assert.Contains("cannot start an already running container", _bundle.Tare("start", id).Error);
        Assert.Contains("container with given ID already exists", _bundle.Detached("create", "-b", _bundle.Script("true"), id).Error);
    }

    [Fact]
    public void Debug_lines_name_the_steps_of_a_start_in_the_words_that_tools_look_for()
    {
        string log = Path.Combine(_bundle.Root, "log");
        string run = _bundle.Tare("--debug", "run", "-b", _bundle.Script("true"), RuntimeBundle.NewId()).Error;
        foreach (string step in (string[])["level=debug", "nsexec container setup", "child process in init()", "init: closing the pipe to signal completion"])
            Assert.Contains(step, run);
        string id = _bundle.Start("sleep 100", s => s["process"]!["execCPUAffinity"] = new JsonObject { ["initial"] = "0", ["final"] = "0" });
        Assert.DoesNotContain("level=debug", _bundle.Tare("--debug", "--log", log, "exec", id, "true").Error);
        foreach (string step in (string[])["nsexec container setup", "nsexec: affinity: 0x1", "setns_init: about to exec true", "child process in init()"])
            Assert.Contains(step, File.ReadAllText(log));
    }

    [Fact]
    public void Preserved_descriptors_keep_their_numbers_and_others_are_closed()
    {
        File.WriteAllText(Path.Combine(_bundle.Root, "one"), "1");
        File.WriteAllText(Path.Combine(_bundle.Root, "two"), "2");
        string bundle = _bundle.Script("cat <&3; cat <&4; ls /proc/$$/fd; true");
        Result result = Repository.Run("bash", ["-c", "cd $0; exec 3<one 4<two 5<one; exec \"$@\"", _bundle.Root,
            Repository.Program("tare-runtime"), "--root", _bundle.State, "run", "--preserve-fds", "2", "-b", bundle, RuntimeBundle.NewId()]);
        Assert.Equal("120\n1\n2\n3\n4\n", result.Ok());
        string id = _bundle.Start("sleep 100");
        Result exec = Repository.Run("bash", ["-c", "cd $0; exec 3<one 4<two 5<one; exec \"$@\"", _bundle.Root,
            Repository.Program("tare-runtime"), "--root", Path.Combine(_bundle.State, "tare-runtime"), "exec", "--preserve-fds", "2", id, "sh", "-c", "cat <&3; cat <&4; ls /proc/$$/fd; true"]);
        Assert.Equal("120\n1\n2\n3\n4\n", exec.Ok());
    }

    [Fact]
    public void A_preserved_descriptor_that_is_not_open_is_refused_and_none_of_the_runtime_s_own_is_handed_on()
    {
        string id = _bundle.Start("sleep 100");
        foreach (string[] command in (string[][])[["run", "-b", _bundle.Script("ls -l /proc/self/fd"), RuntimeBundle.NewId()], ["exec", id, "ls", "-l", "/proc/self/fd"]])
            for (int count = 1; count < 8; count++)
            {
                Result result = Repository.Run("bash", ["-c", "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- 10<&-; exec \"$@\"", "bash",
                    Repository.Program("tare-runtime"), "--root", Path.Combine(_bundle.State, "tare-runtime"), command[0], "--preserve-fds", $"{count}", .. command[1..]]);
                Assert.Equal("", result.Output);
                Assert.Contains("descriptor 3 is not open", result.Error);
            }
    }

    [Fact]
    public void Sockets_of_a_service_manager_are_handed_on()
    {
        string bundle = _bundle.Script("echo $LISTEN_FDS $LISTEN_PID; test -e /proc/$$/fd/3 && echo open");
        Result result = Repository.Run("bash", ["-c", "exec 3</etc/passwd; export LISTEN_FDS=1; exec \"$@\"", "bash",
            Repository.Program("tare-runtime"), "--root", _bundle.State, "run", "-b", bundle, RuntimeBundle.NewId()]);
        Assert.Equal("1 1\nopen\n", result.Ok());
    }

    [Fact]
    public void A_terminal_in_the_foreground_is_joined_to_the_caller_s()
    {
        string bundle = _bundle.Script("tty; stty size; read line; echo got $line; exit 6", s =>
        {
            s["process"]!["terminal"] = true;
            s["process"]!["consoleSize"] = JsonNode.Parse("""{"height":11,"width":44}""");
        });
        Result result = Repository.Run("script", ["-qec", $"{Repository.Program("tare-runtime")} --root {_bundle.State} run -b {bundle} {RuntimeBundle.NewId()}", "/dev/null"], input: "word\n");
        Assert.Contains("/dev/pts/0", result.Output);
        Assert.Contains("11 44", result.Output);
        Assert.Contains("got word", result.Output);
        Assert.Equal(6, result.Code);
    }

    [Fact]
    public void A_terminal_needs_somebody_who_keeps_it()
    {
        string bundle = _bundle.Script("true", s => s["process"]!["terminal"] = true);
        Assert.Contains("without setting console socket", _bundle.Detached("create", "-b", bundle, "x").Error);
        Assert.Contains("without setting console socket", _bundle.Detached("run", "-d", "-b", bundle, "x").Error);
        Assert.Contains("cannot use console socket", _bundle.Detached("create", "--console-socket", "/none", "-b", _bundle.Script("true"), "x").Error);
    }

    [Fact]
    public void Exec_takes_its_process_from_options_or_a_file()
    {
        string id = _bundle.Start("sleep 100");
        Assert.Equal("/tmp b\n", _bundle.Tare("exec", "--cwd", "/tmp", "-e", "A=b", id, "sh", "-c", "echo $(pwd) $A").Ok());
        Assert.Equal("CapEff:\t0000000000000421\n", _bundle.Tare("exec", "--cap", "CAP_CHOWN", id, "grep", "CapEff", "/proc/self/status").Ok().Replace("20000421", "00000421", StringComparison.Ordinal));
        string file = Path.Combine(_bundle.Root, "process.json");
        File.WriteAllText(file, """{"terminal":false,"user":{"uid":33,"gid":33},"args":["sh","-c","echo $(id -u) $X; exit 8"],"env":["PATH=/bin","X=y"],"cwd":"/"}""");
        Result result = _bundle.Tare("exec", "-p", file, id);
        Assert.Equal(("33 y\n", 8), (result.Output, result.Code));
        string pid = Path.Combine(_bundle.Root, "exec.pid");
        _bundle.Detached("exec", "-d", "--pid-file", pid, id, "sleep", "50").Ok();
        Assert.Contains("sleep", File.ReadAllText($"/proc/{File.ReadAllText(pid)}/cmdline"));
        Assert.Contains("/dev/pts/", Repository.Run("script", ["-qec", $"{Repository.Program("tare-runtime")} --root {_bundle.State}/tare-runtime exec -t {id} tty", "/dev/null"]).Output);
    }

    [Fact]
    public void An_exec_that_cannot_start_says_why_and_returns_255()
    {
        string id = _bundle.Start("sleep 100");
        Result missing = _bundle.Tare("exec", id, "nosuch");
        Assert.Equal(255, missing.Code);
        Assert.Contains("exec failed: unable to start container process: exec: \\\"nosuch\\\": executable file not found in $PATH", missing.Error);
        Assert.Contains("permission denied", _bundle.Tare("exec", id, "/etc/passwd").Error);
        Assert.Contains("no such file or directory", _bundle.Tare("exec", "--cwd", "/nowhere", id, "true").Error);
        Assert.Contains("container does not exist", _bundle.Tare("exec", "nobody", "true").Error);
    }

    [Fact]
    public void Exec_enters_a_group_below_the_container_s_own()
    {
        string id = _bundle.Start("sleep 100");
        foreach (string tree in Directory.GetDirectories("/sys/fs/cgroup").Where(t => Directory.Exists($"{t}/{id}")))
            Directory.CreateDirectory($"{tree}/{id}/below");
        Assert.Contains("/below", _bundle.Tare("exec", "--cgroup", "below", id, "cat", "/proc/self/cgroup").Ok());
        Assert.NotEqual(0, _bundle.Tare("exec", "--cgroup", "missing", id, "true").Code);
        Assert.Contains("must stay below", _bundle.Tare("exec", "--cgroup", "../..", id, "true").Error);
    }

    [Fact]
    public async Task A_paused_container_is_not_entered_unless_told_to()
    {
        string id = _bundle.Start("sleep 100");
        _bundle.Tare("pause", id).Ok();
        Assert.Equal("paused", _bundle.StatusOf(id));
        Assert.Contains("cannot exec in a paused container", _bundle.Tare("exec", id, "true").Error);
        Task<Result> waiting = Task.Run(() => _bundle.Tare("exec", "--ignore-paused", id, "echo", "woken"));
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(500)));
        _bundle.Tare("resume", id).Ok();
        Assert.Equal("woken\n", (await waiting).Ok());
        Assert.Equal("running", _bundle.StatusOf(id));
    }

    [Theory]
    [InlineData("USR1")]
    [InlineData("SIGUSR1")]
    [InlineData("10")]
    public void Kill_takes_names_and_numbers(string signal)
    {
        string id = _bundle.Start("trap 'exit 0' USR1; while true; do sleep 0.05; done");
        Wait.Until(() => _bundle.Tare("kill", id, signal).Code != 0 || _bundle.StatusOf(id) == "stopped", TimeSpan.FromSeconds(10), () => _bundle.StatusOf(id));
        Assert.Contains("container not running", _bundle.Tare("kill", id, "KILL").Error);
        Assert.Contains("Invalid signal", _bundle.Tare("kill", id, "NOSUCH").Error);
    }

    [Fact]
    public void Processes_of_a_container_without_a_pid_namespace_all_die()
    {
        string id = _bundle.Start("sleep 300 & sleep 300 & wait", s => s["linux"]!["namespaces"] = JsonNode.Parse("""[{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"}]"""));
        Wait.Until(() => JsonNode.Parse(_bundle.Tare("ps", "-f", "json", id).Ok())!.AsArray().Count == 3, TimeSpan.FromSeconds(10), () => _bundle.Tare("ps", id).Output);
        _bundle.Tare("kill", id, "KILL").Ok();
        Wait.Until(() => _bundle.Tare("ps", "-f", "json", id).Ok().Trim() == "[]", TimeSpan.FromSeconds(10), () => _bundle.Tare("ps", id).Output);
        _bundle.Tare("kill", "--all", id, "KILL").Ok();
        _bundle.Tare("delete", id).Ok();
    }

    [Fact]
    public void Lists_are_for_people_and_for_programs()
    {
        string id = _bundle.Start("sleep 321");
        Assert.Matches($@"^ID +PID +STATUS +BUNDLE +CREATED +OWNER\n{id} +\d+ +running +/", _bundle.Tare("list").Ok());
        Assert.Equal(id + "\n", _bundle.Tare("list", "-q").Ok());
        Assert.Equal(id, (string)JsonNode.Parse(_bundle.Tare("list", "--format", "json").Ok())![0]!["id"]!);
        Assert.Contains("sleep 321", _bundle.Tare("ps", id).Ok());
        Assert.Contains("sleep", _bundle.Tare("ps", id, "-o", "pid,comm").Ok());
        Assert.Equal($"[{_bundle.PidOf(id)}]", _bundle.Tare("ps", "--format", "json", id).Ok().Trim());
    }

    [Fact]
    public void Delete_minds_what_runs_and_force_does_not()
    {
        string id = _bundle.Start("sleep 100");
        Assert.Contains($"cannot delete container {id} that is not stopped: running", _bundle.Tare("delete", id).Error);
        _bundle.Tare("delete", "--force", id).Ok();
        Assert.Contains("container does not exist", _bundle.Tare("delete", id).Error);
        _bundle.Tare("delete", "--force", id).Ok();
    }

    [Fact]
    public void Update_reads_a_document_or_options()
    {
        string id = _bundle.Start("sleep 100");
        string file = Path.Combine(_bundle.Root, "limits.json");
        File.WriteAllText(file, """{"memory":{"limit":50331648},"pids":{"limit":33},"cpu":{"quota":30000,"period":60000}}""");
        _bundle.Tare("update", "-r", file, id).Ok();
        Assert.Equal("50331648\n33\n30000\n60000\n", _bundle.Tare("exec", id, "sh", "-c", "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us").Ok());
        Repository.Run(Repository.Program("tare-runtime"), ["--root", _bundle.State + "/tare-runtime", "update", "-r", "-", id], input: """{"pids":{"limit":44}}""").Ok();
        _bundle.Tare("update", "--memory", "64M", "--cpu-share", "512", id).Ok();
        Assert.Equal("67108864\n44\n512\n", _bundle.Tare("exec", id, "sh", "-c", "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares").Ok());
        Assert.Contains("Intel RDT", _bundle.Tare("update", "--l3-cache-schema", "x", id).Error);
    }

    [Fact]
    public void Events_are_documents_in_lines()
    {
        string id = _bundle.Start("sleep 100");
        JsonNode stats = JsonNode.Parse(_bundle.Tare("events", "--stats", id).Ok())!;
        Assert.Equal(("stats", id), ((string)stats["type"]!, (string)stats["id"]!));
        Assert.True((ulong)stats["data"]!["memory"]!["usage"]!["usage"]! > 0);
        Assert.True((ulong)stats["data"]!["cpu"]!["usage"]!["total"]! > 0);
        Assert.Equal(1ul, (ulong)stats["data"]!["pids"]!["current"]!);
    }

    [Fact]
    public void Spec_writes_a_beginning_once()
    {
        string directory = Path.Combine(_bundle.Root, "spec");
        Directory.CreateDirectory(directory);
        _bundle.Tare("spec", "--rootless", "-b", directory).Ok();
        JsonNode spec = JsonNode.Parse(File.ReadAllText(directory + "/config.json"))!;
        Assert.Contains(spec["linux"]!["namespaces"]!.AsArray(), n => (string)n!["type"]! == "user");
        Assert.DoesNotContain(spec["linux"]!["namespaces"]!.AsArray(), n => (string)n!["type"]! == "network");
        Assert.Contains("exists. Remove it first", _bundle.Tare("spec", "-b", directory).Error);
    }

    [Fact]
    public void Features_name_what_there_is()
    {
        JsonNode features = JsonNode.Parse(_bundle.Tare("features").Ok())!;
        Assert.Equal(6, features["hooks"]!.AsArray().Count);
        Assert.Equal(8, features["linux"]!["namespaces"]!.AsArray().Count);
        Assert.Contains(features["mountOptions"]!.AsArray(), o => (string)o! == "rro");
        Assert.True((bool)features["linux"]!["mountExtensions"]!["idmap"]!["enabled"]!);
        Assert.True((bool)features["linux"]!["intelRdt"]!["schemata"]!);
        Assert.Equal("true", (string)features["annotations"]!["org.opencontainers.runc.checkpoint.enabled"]!);
    }

    [Fact]
    public void Errors_are_logged_as_engines_read_them()
    {
        string log = Path.Combine(_bundle.Root, "log.json");
        Result result = Repository.Run(Repository.Program("tare-runtime"), ["--root", _bundle.State, "--log", log, "--log-format", "json", "state", "nobody"]);
        Assert.Equal((1, "container does not exist\n"), (result.Code, result.Error));
        JsonNode line = JsonNode.Parse(File.ReadAllText(log))!;
        Assert.Equal(("error", "container does not exist"), ((string)line["level"]!, (string)line["msg"]!));
        Assert.True(DateTime.TryParse((string)line["time"]!, out _));
    }

    [Fact]
    public void Namespaces_of_another_container_are_joined()
    {
        string first = _bundle.Start("sleep 100", Userns);
        int pid = _bundle.PidOf(first);
        string output = _bundle.Run(_bundle.Script("for n in user net ipc uts pid; do readlink /proc/self/ns/$n; done; ps | grep -c '[s]leep 100'", s =>
            s["linux"]!["namespaces"] = new JsonArray([.. new[] { "user:user", "network:net", "ipc:ipc", "pid:pid", "uts:uts" }.Select(n => n.Split(':'))
                .Select(n => new JsonObject { ["type"] = n[0], ["path"] = $"/proc/{pid}/ns/{n[1]}" }), new JsonObject { ["type"] = "mount" }]))).Output;
        string expected = string.Concat(new[] { "user", "net", "ipc", "uts", "pid" }.Select(n => new FileInfo($"/proc/{pid}/ns/{n}").LinkTarget + "\n"));
        Assert.Equal(expected + "1\n", output);
        Assert.Contains("is not a namespace of that type", _bundle.Run(_bundle.Script("true", s => s["linux"]!["namespaces"] = new JsonArray(new JsonObject { ["type"] = "network", ["path"] = $"/proc/{pid}/ns/uts" }, new JsonObject { ["type"] = "mount" }, new JsonObject { ["type"] = "uts" }))).Error);
    }

    [Fact]
    public void Exec_enters_user_and_time_namespaces_too()
    {
        string id = _bundle.Start("sleep 100", s =>
        {
            Userns(s);
            s["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type":"time"}"""));
            s["linux"]!["timeOffsets"] = JsonNode.Parse("""{"boottime":{"secs":900000}}""");
        });
        int pid = _bundle.PidOf(id);
        foreach (string name in new[] { "user", "time", "net", "pid", "mnt", "uts", "ipc", "cgroup" })
            Assert.Equal(new FileInfo($"/proc/{pid}/ns/{name}").LinkTarget + "\n", _bundle.Tare("exec", id, "readlink", $"/proc/self/ns/{name}").Ok());
        Assert.Equal("0\n", _bundle.Tare("exec", id, "id", "-u").Ok());
        Assert.StartsWith("9", _bundle.Tare("exec", id, "cat", "/proc/uptime").Ok());
    }

    [Fact]
    public void A_network_device_moves_in_with_its_address()
    {
        string name = "tr" + Guid.NewGuid().ToString("N")[..8];
        Repository.Run("ip", ["link", "add", name, "type", "veth", "peer", "name", name + "p"]).Ok();
        Repository.Run("ip", ["addr", "add", "198.51.100.7/24", "dev", name]).Ok();
        string output = _bundle.Run(_bundle.Script("ip -o addr show dev eth7", s => s["linux"]!["netDevices"] = new JsonObject { [name] = new JsonObject { ["name"] = "eth7" } })).Ok();
        Assert.Contains("198.51.100.7/24", output);
        Assert.NotEqual(0, Repository.Run("ip", ["link", "show", name]).Code);
    }

    [Fact]
    public async Task A_seccomp_agent_gets_the_listener_and_the_state()
    {
        string path = Path.Combine(_bundle.Root, "agent.sock");
        using Socket agent = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        agent.Bind(new UnixDomainSocketEndPoint(path));
        agent.Listen();
        Task<string> heard = Task.Run(() =>
        {
            using Socket connection = agent.Accept();
            byte[] buffer = new byte[8192];
            return System.Text.Encoding.UTF8.GetString(buffer, 0, connection.Receive(buffer));
        });
        // The agent takes no descriptors, so nobody answers and the kernel says so to the caller.
        Result result = _bundle.Run(_bundle.Script("mkdir /tmp/asked 2>&1", s =>
        {
            s["linux"]!["seccomp"] = JsonNode.Parse("""{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"for you","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}""");
            s["linux"]!["seccomp"]!["listenerPath"] = path;
        }));
        Assert.Contains("Function not implemented", result.Output);
        JsonNode state = JsonNode.Parse(await heard)!;
        Assert.Equal(("seccompFd", "for you", "creating"), ((string)state["fds"]![0]!, (string)state["metadata"]!, (string)state["state"]!["status"]!));
    }

    [Fact]
    public void A_root_that_cannot_be_pivoted_away_is_covered()
    {
        Result result = _bundle.Run(_bundle.Script("ls /; ls /.. | wc -l"), options: ["--no-pivot"]);
        Assert.DoesNotContain("work", result.Ok());
        Assert.Contains("bin\n", result.Output);
    }

    [Fact]
    public void Without_a_pivot_the_host_s_proc_cannot_be_mounted_anew()
    {
        Result result = _bundle.Run(_bundle.Script("unshare -mrpf sh -c 'mount -t proc none /proc && ls -d /proc/sysrq-trigger' 2>&1", s => s["linux"]!["maskedPaths"] = new JsonArray("/proc/timer_list")), options: ["--no-pivot"]);
        Assert.NotEqual(0, result.Code);
        Assert.Matches("Operation not permitted|Permission denied", result.Output);
    }

    [Fact]
    public void A_mount_namespace_is_joined()
    {
        using Process other = Process.Start("unshare", ["-m", "--propagation", "private", "sleep", "100"]);
        try
        {
            string ns = $"/proc/{other.Id}/ns/mnt";
            for (int i = 0; i < 100 && new FileInfo(ns).LinkTarget == new FileInfo("/proc/self/ns/mnt").LinkTarget; i++)
                Thread.Sleep(20);
            string output = _bundle.Run(_bundle.Script("readlink /proc/self/ns/mnt; ls -d /bin; ls /work 2>&1", s =>
            {
                foreach (JsonNode? one in s["linux"]!["namespaces"]!.AsArray())
                    if ((string)one!["type"]! == "mount")
                        one["path"] = ns;
            })).Output;
            Assert.StartsWith(new FileInfo(ns).LinkTarget + "\n/bin\n", output);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
        Assert.Equal("", _bundle.Tare("list", "-q").Output);
    }

    [Fact]
    public void Exec_enters_a_group_for_each_controller()
    {
        string id = _bundle.Start("sleep 100", s => s["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination":"/cg","type":"cgroup","source":"cgroup","options":["rw"]}""")));
        if (!Directory.Exists("/sys/fs/cgroup/memory"))
        {
            Assert.Contains("has one tree", _bundle.Tare("exec", "--cgroup", "memory:below", id, "true").Error);
            return;
        }
        Assert.Contains("unknown controller whaaat", _bundle.Tare("exec", "--cgroup", "whaaat:/", id, "true").Error);
        Assert.Contains("no such file or directory", _bundle.Tare("exec", "--cgroup", "cpu:missing", id, "true").Error);
        // A group mount that may be written to is for an init: all trees have the group, those without a controller too.
        Assert.All(_bundle.Tare("exec", id, "cat", "/proc/self/cgroup").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.EndsWith("/" + id, line));
        Assert.Equal(Directory.Exists("/sys/fs/cgroup/systemd"), _bundle.Tare("exec", id, "mkdir", "/cg/systemd/below").Code == 0);
        _bundle.Tare("exec", id, "mkdir", "/cg/memory/one", "/cg/cpu/two", "/cg/freezer/three").Ok();
        string[] groups = _bundle.Tare("exec", "--cgroup", "memory:one", "--cgroup", "cpu,freezer:two", "--cgroup", "freezer:three", id, "cat", "/proc/self/cgroup").Ok().Split('\n');
        Assert.Contains(groups, g => g.Contains(":memory:", StringComparison.Ordinal) && g.EndsWith("/one", StringComparison.Ordinal));
        Assert.Contains(groups, g => g.Contains("cpu", StringComparison.Ordinal) && g.EndsWith("/two", StringComparison.Ordinal));
        Assert.Contains(groups, g => g.Contains(":freezer:", StringComparison.Ordinal) && g.EndsWith("/three", StringComparison.Ordinal));
        _bundle.Tare("delete", "-f", id).Ok();
        Assert.DoesNotContain(Directory.GetDirectories("/sys/fs/cgroup"), tree => Directory.Exists($"{tree}/{id}"));
    }

    [Fact]
    public void A_group_that_is_in_use_or_frozen_is_refused()
    {
        string id = _bundle.Start("sleep 100"), other = RuntimeBundle.NewId();
        void InGroup(JsonNode spec, string name) => spec["linux"]!["cgroupsPath"] = "/" + name;
        Assert.Contains("container's cgroup is not empty", _bundle.Detached("run", "-d", "-b", _bundle.Script("sleep 100", s => InGroup(s, id)), other).Error);
        string tree = Directory.Exists("/sys/fs/cgroup/freezer") ? "/sys/fs/cgroup/freezer" : "/sys/fs/cgroup", group = Path.Combine(tree, other);
        Directory.CreateDirectory(group);
        try
        {
            File.WriteAllText(Path.Combine(group, tree.EndsWith("freezer", StringComparison.Ordinal) ? "freezer.state" : "cgroup.freeze"), tree.EndsWith("freezer", StringComparison.Ordinal) ? "FROZEN" : "1");
            Assert.Contains("container's cgroup unexpectedly frozen", _bundle.Detached("run", "-d", "-b", _bundle.Script("sleep 100", s => InGroup(s, other)), other).Error);
        }
        finally
        {
            Directory.Delete(group);
        }
        _bundle.Detached("run", "-d", "-b", _bundle.Script("sleep 100", s => InGroup(s, other)), other).Ok();
    }

    [Fact]
    public void A_checkpoint_says_what_keeps_it_and_the_container_goes_on()
    {
        string id = _bundle.Start("sleep 100"), images = Path.Combine(_bundle.Root, "images");
        Result missing = Repository.Run("env", ["PATH=/nowhere", Repository.Program("tare-runtime"), "--root", Path.Combine(_bundle.State, "tare-runtime"), "checkpoint", "--image-path", images, id]);
        Assert.Equal(1, missing.Code);
        Assert.Contains("criu is not installed", missing.Error);
        Assert.Equal("running", _bundle.StatusOf(id));
        Assert.Contains("container does not exist", _bundle.Tare("checkpoint", "--image-path", images, "nobody").Error);
        Assert.Contains("holds no checkpoint", _bundle.Tare("restore", "-b", _bundle.Script("true"), "--image-path", images, "again").Error);
        Assert.Contains("--parent-path must be relative", _bundle.Tare("checkpoint", "--image-path", images, "--parent-path", "/x", id).Error);
        Assert.Contains("use soft, full, strict or ignore", _bundle.Tare("checkpoint", "--image-path", images, "--manage-cgroups-mode", "x", id).Error);
        Assert.Equal(id + "\n", _bundle.Tare("list", "-q").Ok());
    }

    [Fact]
    public void A_destination_may_begin_with_the_root_file_system_s_own_path() =>
        Assert.Equal("here\n", _bundle.Run(_bundle.Script("ls /mnt/below", s => s["mounts"]!.AsArray().Add(
            JsonNode.Parse($$"""{"destination":"{{_bundle.Rootfs}}/mnt/below","type":"bind","source":"{{Directory.CreateDirectory(Path.Combine(_bundle.Root, "source", "here")).Parent!.FullName}}","options":["rbind"]}""")))).Ok());

    [Fact]
    public void A_list_is_in_the_order_of_names()
    {
        foreach (string id in new[] { "b", "c", "a" })
            _bundle.Detached("create", "-b", _bundle.Script("true"), id).Ok();
        Assert.Equal("a\nb\nc\n", _bundle.Tare("list", "-q").Ok());
    }

    [Theory]
    [InlineData("create")]
    [InlineData("checkpoint")]
    [InlineData("features")]
    public void Each_command_explains_itself(string command) =>
        Assert.StartsWith($"NAME:\n   tare-runtime {command} - ", _bundle.Tare(command, "--help").Ok());

    [Fact]
    public void A_link_named_runc_answers_as_runc()
    {
        string link = Path.Combine(_bundle.Root, "runc");
        File.CreateSymbolicLink(link, Repository.Program("tare-runtime"));
        Assert.StartsWith("NAME:\n   runc - Open Container Initiative runtime", Repository.Run(link, ["--help"]).Ok());
        Assert.Matches("^runc version [0-9.]+\ncommit: .+\nspec: 1.3.0\n$", Repository.Run(link, ["--version"]).Ok());
        Assert.Equal("in\n", Repository.Run(link, ["--root", _bundle.State, "run", "-b", _bundle.Script("echo in"), RuntimeBundle.NewId()]).Ok());
    }

    [Fact]
    public void A_template_has_a_cgroup_namespace_where_cgroups_are_one_tree() =>
        Assert.Equal(!Directory.Exists("/sys/fs/cgroup/memory"), RuntimeBundle.Template()["linux"]!["namespaces"]!.AsArray().Any(n => (string)n!["type"]! == "cgroup"));

    [Fact]
    public void A_realtime_period_below_the_old_runtime_is_no_obstacle()
    {
        string id = RuntimeBundle.NewId(), group = $"/sys/fs/cgroup/cpu/{id}";
        _bundle.Detached("run", "-d", "-b", _bundle.Script("sleep 100", s => s["linux"]!["cgroupsPath"] = "/" + id), id).Ok();
        if (!File.Exists("/sys/fs/cgroup/cpu/cpu.rt_period_us"))
        {
            Assert.Contains("realtime", _bundle.Tare("update", "--cpu-rt-period", "10000", "--cpu-rt-runtime", "3000", id).Error);
            return;
        }
        foreach ((string period, string runtime) in new[] { ("900001", "600001"), ("10000", "3000"), ("100000", "20000") })
        {
            _bundle.Tare("update", "--cpu-rt-period", period, "--cpu-rt-runtime", runtime, id).Ok();
            Assert.Equal((period, runtime), (File.ReadAllText(group + "/cpu.rt_period_us").Trim(), File.ReadAllText(group + "/cpu.rt_runtime_us").Trim()));
        }
    }

    [Fact]
    public void What_is_not_there_is_refused()
    {
        Assert.Contains("no such command", _bundle.Tare("frobnicate").Error);
        Assert.Contains("flag provided but not defined: --bogus", _bundle.Tare("list", "--bogus").Error);
    }

    public void Dispose() => _bundle.Dispose();

    private static void Userns(JsonNode s)
    {
        s["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type":"user"}"""));
        foreach (string map in new[] { "uidMappings", "gidMappings" })
            s["linux"]![map] = JsonNode.Parse("""[{"containerID":0,"hostID":100000,"size":65536}]""");
    }
}
