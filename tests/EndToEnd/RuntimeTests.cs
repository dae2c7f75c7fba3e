using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>tare-runtime on a bundle, as an engine that expects runc would call it.</summary>
public sealed class RuntimeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-runtime-").FullName;

    public RuntimeTests()
    {
        string bin = Path.Combine(_root, "bundle", "rootfs", "bin");
        Directory.CreateDirectory(bin);
        Repository.Run("tar", ["-xf", Repository.Image("busybox"), "-C", _root]).Ok();
        string layer = Directory.GetFiles(_root, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".json", StringComparison.Ordinal)).MaxBy(f => new FileInfo(f).Length)!;
        Repository.Run("tar", ["-xf", layer, "-C", Path.Combine(_root, "bundle", "rootfs")]).Ok();
        Repository.Run(Repository.Program("tare-runtime"), ["spec", "-b", Path.Combine(_root, "bundle")]).Ok();
    }

    [Fact]
    public void Run_returns_the_output_and_the_exit_code()
    {
        Result result = Runtime(["run", "-b", Bundle("sh", "-c", "echo from $(hostname); exit 4"), "t" + Guid.NewGuid().ToString("N")]);
        Assert.Equal(("from tare\n", 4), (result.Output, result.Code));
    }

    [Fact]
    public void A_container_goes_from_created_to_running_to_stopped_to_nothing()
    {
        string id = "t" + Guid.NewGuid().ToString("N");
        string bundle = Bundle("sleep", "100");
        Runtime(["create", "-b", bundle, "--pid-file", Path.Combine(_root, "pid"), id]).Ok();
        Assert.Equal("created", Status(id));
        Assert.Equal(File.ReadAllText(Path.Combine(_root, "pid")), JsonNode.Parse(Runtime(["state", id]).Ok())!["pid"]!.ToString());
        Runtime(["start", id]).Ok();
        Assert.Equal("running", Status(id));
        Assert.Equal("in\n", Runtime(["exec", id, "echo", "in"]).Ok());
        Assert.Equal(6, Runtime(["exec", id, "sh", "-c", "exit 6"]).Code);
        Runtime(["pause", id]).Ok();
        Assert.Equal("paused", Status(id));
        Runtime(["resume", id]).Ok();
        Assert.Contains("not stopped", Runtime(["delete", id]).Error);
        Runtime(["kill", id, "KILL"]).Ok();
        Wait.Until(() => Status(id) == "stopped", TimeSpan.FromSeconds(5), () => Status(id));
        Runtime(["delete", id]).Ok();
        Assert.Contains("container does not exist", Runtime(["state", id]).Error);
    }

    [Fact]
    public void Limits_of_a_running_container_change()
    {
        string id = "t" + Guid.NewGuid().ToString("N");
        Runtime(["create", "-b", Bundle("sleep", "100"), id]).Ok();
        Runtime(["start", id]).Ok();
        const string Forks = "for i in 1 2 3 4 5 6; do sleep 1 & done; wait";
        Runtime(["exec", id, "sh", "-c", Forks]).Ok();
        Runtime(["update", "--pids-limit", "4", "--memory", "33554432", id]).Ok();
        Assert.NotEqual(0, Runtime(["exec", id, "sh", "-c", Forks]).Code);
        Assert.Contains("not a number", Runtime(["update", "--memory", "much", id]).Error);
        Runtime(["delete", "-f", id]).Ok();
    }

    [Fact]
    public void A_missing_command_fails_at_create_and_leaves_nothing()
    {
        string log = Path.Combine(_root, "log");
        Result result = Runtime(["--log", log, "--log-format", "json", "create", "-b", Bundle("nosuch"), "missing"]);
        Assert.Equal(1, result.Code);
        Assert.Contains("executable file not found in $PATH", result.Error);
        Assert.Contains("\"level\":\"error\"", File.ReadAllText(log));
        Assert.Equal("", Runtime(["list", "-q"]).Ok());
        Assert.Empty(Directory.GetDirectories(Path.Combine(_root, "state")));
    }

    public void Dispose()
    {
        foreach (string id in Runtime(["list", "-q"]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _ = Runtime(["delete", "-f", id]);
        Directory.Delete(_root, recursive: true);
    }

    private string Status(string id) => JsonNode.Parse(Runtime(["state", id]).Ok())!["status"]!.ToString();

    private Result Runtime(string[] arguments)
    {
        string[] all = [Repository.Program("tare-runtime"), "--root", Path.Combine(_root, "state"), .. arguments];
        if (!arguments.Contains("create"))
            return Repository.Run(all[0], all[1..]);
        // A created container keeps the streams it was given, so they are files: a pipe would not end before the container does.
        string output = Path.Combine(_root, "output");
        Result result = Repository.Run("/bin/sh", ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", output, .. all]);
        return result with { Output = "", Error = File.ReadAllText(output) };
    }

    private string Bundle(params string[] command)
    {
        string path = Path.Combine(_root, "bundle", "config.json");
        JsonNode spec = JsonNode.Parse(File.ReadAllText(path))!;
        spec["process"]!["terminal"] = false;
        spec["process"]!["args"] = new JsonArray([.. command.Select(c => JsonValue.Create(c))]);
        File.WriteAllText(path, spec.ToJsonString());
        return Path.Combine(_root, "bundle");
    }
}
