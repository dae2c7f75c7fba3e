using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>Hooks of all six kinds: when, where and with what they run, and what their failure does.</summary>
public sealed class RuntimeHookTests : IDisposable
{
    private readonly RuntimeBundle _bundle = new();
    private readonly string _log;

    public RuntimeHookTests() => _log = Path.Combine(_bundle.Root, "hooks.log");

    [Fact]
    public void Hooks_run_in_the_order_of_the_container_s_life_with_its_state()
    {
        string id = RuntimeBundle.NewId();
        string bundle = _bundle.Script("sleep 100", s =>
        {
            s["hooks"] = new JsonObject { ["startContainer"] = new JsonArray(Hook("/bin/sh", "cat > /dev/shm/state")) };
            foreach (string kind in new[] { "prestart", "createRuntime", "createContainer", "poststart", "poststop" })
                s["hooks"]![kind] = new JsonArray(Log(kind));
        });
        _bundle.Detached("create", "-b", bundle, id).Ok();
        Assert.Equal(["prestart creating", "createRuntime creating", "createContainer creating"], Lines());
        int pid = _bundle.PidOf(id);
        _bundle.Tare("start", id).Ok();
        Assert.Equal("poststart running", Lines()[^1]);
        JsonNode inside = JsonNode.Parse(_bundle.Tare("exec", id, "cat", "/dev/shm/state").Ok())!;
        Assert.Equal(("created", 1, id), ((string)inside["status"]!, (int)inside["pid"]!, (string)inside["id"]!));
        Assert.Contains($"\"pid\": {pid}", File.ReadAllText(_log + ".prestart"));
        Assert.Contains("\"pid\": 1,", File.ReadAllText(_log + ".createContainer"));
        _bundle.Tare("delete", "-f", id).Ok();
        Assert.Equal("poststop stopped", Lines()[^1]);
    }

    [Fact]
    public void A_runtime_at_work_is_a_process_of_one_thread()
    {
        string threads = Path.Combine(_bundle.Root, "threads");
        _bundle.Run(_bundle.Script("true", s => s["hooks"] = new JsonObject
        {
            ["createRuntime"] = new JsonArray(Hook("/bin/sh", $"grep Threads: /proc/$PPID/status > {threads}")),
        })).Ok();
        Assert.Equal("Threads:\t1", File.ReadAllText(threads).Trim());
    }

    [Fact]
    public void Hooks_of_create_run_on_their_own_side_of_the_namespaces()
    {
        string outside = Path.Combine(_bundle.Root, "outside"), inside = Path.Combine(_bundle.Root, "inside");
        _bundle.Run(_bundle.Script("true", s => s["hooks"] = new JsonObject
        {
            ["createRuntime"] = new JsonArray(Hook("/bin/sh", $"readlink /proc/self/ns/net > {outside}")),
            ["createContainer"] = new JsonArray(Hook("/bin/sh", $"readlink /proc/self/ns/net > {inside}")),
        })).Ok();
        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget, File.ReadAllText(outside).Trim());
        Assert.NotEqual(File.ReadAllText(outside), File.ReadAllText(inside));
    }

    [Fact]
    public void Hooks_of_createContainer_begin_in_the_container_s_root_file_system()
    {
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "lib"));
        Assert.Equal("made\n", _bundle.Run(_bundle.Script("cat /lib/from-hook",
            s => s["hooks"] = new JsonObject { ["createContainer"] = new JsonArray(Hook("/bin/sh", "echo made > ./lib/from-hook")) })).Ok());
    }

    [Fact]
    public void Only_the_hook_s_own_environment_and_arguments_reach_it()
    {
        string file = Path.Combine(_bundle.Root, "seen");
        JsonObject hook = new() { ["path"] = "/bin/sh", ["args"] = new JsonArray("a name", "-c", $"tr '\\0' ' ' < /proc/self/environ > {file}; tr '\\0' ' ' < /proc/$$/cmdline >> {file}"), ["env"] = new JsonArray("A=b") };
        _bundle.Run(_bundle.Script("true", s => s["hooks"] = new JsonObject { ["createRuntime"] = new JsonArray(hook) })).Ok();
        Assert.StartsWith("A=b", File.ReadAllText(file));
        Assert.DoesNotContain("HOME=", File.ReadAllText(file));
        Assert.Contains("a name", File.ReadAllText(file));
    }

    [Fact]
    public void A_hook_in_the_container_has_its_own_name_and_the_process_s_home()
    {
        JsonObject hook = new() { ["path"] = "/bin/busybox", ["args"] = new JsonArray("sh", "-c", "echo $0 $HOME > /tmp/hook", "a name") };
        string output = _bundle.Run(_bundle.Script("cat /tmp/hook", s => s["hooks"] = new JsonObject { ["startContainer"] = new JsonArray(hook) })).Ok();
        Assert.Equal("a name /root\n", output);
    }

    [Fact]
    public void A_hook_that_a_filter_ends_is_reported_in_words()
    {
        Result result = _bundle.Run(_bundle.Script("true", s =>
        {
            s["linux"]!["seccomp"] = JsonNode.Parse("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_KILL_PROCESS"}]}""");
            s["hooks"] = new JsonObject { ["startContainer"] = new JsonArray(new JsonObject { ["path"] = "/bin/busybox", ["args"] = new JsonArray("mkdir", "/tmp/made") }) };
        }));
        Assert.Contains("error running startContainer hook #0: signal: bad system call", result.Error);
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void A_hook_that_fails_fails_create_and_leaves_nothing(string kind)
    {
        Result result = _bundle.Detached("create", "-b", _bundle.Script("true", s => s["hooks"] = new JsonObject { [kind] = new JsonArray(Hook("/bin/sh", "echo no >&2; exit 3")) }), "failed");
        Assert.NotEqual(0, result.Code);
        Assert.Contains($"error running {kind} hook #0: exit status 3", result.Error);
        Assert.Contains("stderr: no", result.Error);
        Assert.Equal("", _bundle.Tare("list", "-q").Ok());
        Assert.Empty(Directory.GetDirectories("/sys/fs/cgroup", "failed", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("startContainer")]
    [InlineData("poststart")]
    public void A_hook_that_fails_at_start_ends_the_container(string kind)
    {
        string id = RuntimeBundle.NewId();
        _bundle.Detached("create", "-b", _bundle.Script("sleep 100", s => s["hooks"] = new JsonObject { [kind] = new JsonArray(Hook("/bin/sh", "exit 4")) }), id).Ok();
        Assert.Contains($"error running {kind} hook #0: exit status 4", _bundle.Tare("start", id).Error);
        Wait.Until(() => _bundle.StatusOf(id) == "stopped", TimeSpan.FromSeconds(10), () => _bundle.StatusOf(id));
    }

    [Fact]
    public void A_hook_that_takes_too_long_is_killed()
    {
        JsonObject hook = Hook("/bin/sh", "sleep 30");
        hook["timeout"] = 1;
        Stopwatch watch = Stopwatch.StartNew();
        Result result = _bundle.Run(_bundle.Script("true", s => s["hooks"] = new JsonObject { ["createRuntime"] = new JsonArray(hook) }));
        Assert.Contains("hook ran past specified timeout of 1s", result.Error);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), watch.Elapsed.ToString());
    }

    [Fact]
    public void A_hook_that_fails_after_the_end_is_reported_and_stops_nothing()
    {
        string id = _bundle.Start("sleep 100", s => s["hooks"] = new JsonObject { ["poststop"] = new JsonArray(Hook("/bin/sh", "exit 5"), Log("poststop")) });
        Result result = _bundle.Tare("delete", "-f", id);
        Assert.Equal(0, result.Code);
        Assert.Contains("error running poststop hook #0: exit status 5", result.Error);
        Assert.Equal(["poststop stopped"], Lines());
    }

    [Fact]
    public void A_hook_that_is_not_there_is_named()
    {
        Result result = _bundle.Run(_bundle.Script("true", s => s["hooks"] = new JsonObject { ["createRuntime"] = new JsonArray(Hook("/no/such/hook", "")) }));
        Assert.Contains("no such file or directory", result.Error);
        Assert.Contains("/no/such/hook", result.Error);
    }

    public void Dispose() => _bundle.Dispose();

    private static JsonObject Hook(string path, string script) => new() { ["path"] = path, ["args"] = new JsonArray("sh", "-c", script), ["env"] = new JsonArray("PATH=/usr/bin:/bin") };

    /// <summary>Writes its kind and the state's status to the log, and the state to a file.</summary>
    private JsonObject Log(string kind) => Hook("/bin/sh", $"cat > {_log}.{kind}; echo {kind} $(grep '\"status\"' {_log}.{kind} | cut -d'\"' -f4) >> {_log}");

    private string[] Lines() => File.ReadAllLines(_log);
}
