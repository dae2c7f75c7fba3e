using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>
/// tare-runtime for an ordinary user. User 4242 and his subordinate ids exist in a mount namespace of the test's own only, so nothing of the machine changes.
/// </summary>
public sealed class RuntimeRootlessTests : IDisposable
{
    private const string Uid = "4242";
    private readonly RuntimeBundle _bundle = new();

    public RuntimeRootlessTests()
    {
        string home = Path.Combine(_bundle.Root, "home");
        Directory.CreateDirectory(home);
        foreach (string program in new[] { "tare-runtime", "tare-init" })
            File.Copy(Repository.Program(program), Path.Combine(_bundle.Root, program));
        File.WriteAllText(_bundle.Root + "/passwd", File.ReadAllText("/etc/passwd") + $"tester:x:{Uid}:{Uid}::{home}:/bin/sh\n");
        File.WriteAllText(_bundle.Root + "/subid", "tester:200000:65536\n");
        Repository.Run("chown", ["-R", $"{Uid}:{Uid}", home, _bundle.Rootfs]).Ok();
    }

    [Fact]
    public void One_id_needs_no_help()
    {
        Result result = AsUser("run", Bundle("id -u; id -g; cat /proc/self/uid_map; hostname; touch /mine && stat -c %u /mine", one: true));
        Assert.Matches($@"^0\n0\n +0 +{Uid} +1\ntare\n0\n$", result.Ok());
        Assert.Equal(Uid, Repository.Run("stat", ["-c", "%u", Path.Combine(_bundle.Rootfs, "mine")]).Ok().Trim());
    }

    [Fact]
    public void Subordinate_ids_come_through_newuidmap()
    {
        Result result = AsUser("run", Bundle("cat /proc/self/uid_map; chown 5:5 /home && stat -c %u:%g /home; echo > /dev/null && echo device", one: false));
        Assert.Matches($@"^ +0 +{Uid} +1\n +1 +200000 +65536\n5:5\ndevice\n$", result.Ok());
        Assert.Equal("200004", Repository.Run("stat", ["-c", "%u", Path.Combine(_bundle.Rootfs, "home")]).Ok().Trim());
    }

    [Fact]
    public void Exec_and_removal_work_without_a_cgroup_and_pause_says_why_it_does_not()
    {
        string output = Shell($"""
            R='{_bundle.Root}/tare-runtime --root {_bundle.Root}/home/state'
            $R run -d -b {Bundle("sleep 100", one: true)} box >/dev/null 2>&1 </dev/null
            $R exec box id -u 2>&1
            $R list -q
            $R pause box 2>&1
            $R delete -f box && $R list -q
            """).Output;
        Assert.StartsWith("0\nbox\n", output);
        Assert.Contains("has no cgroup of its own", output);
        Assert.EndsWith("unprivileged user\"\n", output);
    }

    [Fact]
    public void An_exec_waits_for_a_container_that_has_not_come_to_its_command_yet()
    {
        Assert.Equal("0\n", Shell($"""
            R='{_bundle.Root}/tare-runtime --root {_bundle.Root}/home/state'
            $R create -b {Bundle("sleep 100", one: true)} --pid-file {_bundle.Root}/home/pid slow >/dev/null 2>&1 </dev/null
            kill -STOP $(cat {_bundle.Root}/home/pid)
            $R start slow
            (sleep 0.2; kill -CONT $(cat {_bundle.Root}/home/pid)) &
            $R exec slow id -u 2>&1
            $R delete -f slow
            """).Output);
    }

    [Fact]
    public void Limits_that_cannot_be_imposed_are_named()
    {
        Result result = AsUser("run", Bundle("echo ran", one: true, s => s["linux"]!["resources"] = JsonNode.Parse("""{"pids":{"limit":10}}""")));
        Assert.Equal("ran\n", result.Ok());
        Assert.Contains("limits are not imposed", result.Error);
    }

    [Fact]
    public void Without_a_user_namespace_an_ordinary_user_has_no_container()
    {
        Result result = AsUser("run", Bundle("true", one: true, s => s["linux"]!["namespaces"]!.AsArray().RemoveAt(s["linux"]!["namespaces"]!.AsArray().Count - 1)));
        Assert.NotEqual(0, result.Code);
    }

    public void Dispose() => _bundle.Dispose();

    private string Bundle(string script, bool one, Action<JsonNode>? change = null)
    {
        string template = Path.Combine(_bundle.Root, "rootless-" + Guid.NewGuid().ToString("N")[..6]);
        Directory.CreateDirectory(template);
        Repository.Run(Repository.Program("tare-runtime"), ["spec", "--rootless", "-b", template]).Ok();
        JsonNode spec = JsonNode.Parse(File.ReadAllText(template + "/config.json"))!;
        spec["process"]!["terminal"] = false;
        spec["process"]!["args"] = new JsonArray("sh", "-c", script);
        spec["process"]!["capabilities"] = JsonNode.Parse("""{"bounding":["CAP_CHOWN","CAP_DAC_OVERRIDE"],"effective":["CAP_CHOWN","CAP_DAC_OVERRIDE"],"permitted":["CAP_CHOWN","CAP_DAC_OVERRIDE"]}""");
        spec["root"] = new JsonObject { ["path"] = _bundle.Rootfs, ["readonly"] = false };
        foreach (string map in new[] { "uidMappings", "gidMappings" })
            spec["linux"]![map] = JsonNode.Parse($"[{{\"containerID\":0,\"hostID\":{Uid},\"size\":1}}" + (one ? "]" : ",{\"containerID\":1,\"hostID\":200000,\"size\":65536}]"));
        change?.Invoke(spec);
        File.WriteAllText(template + "/config.json", spec.ToJsonString());
        return template;
    }

    private Result AsUser(string command, string bundle) => Shell($"{_bundle.Root}/tare-runtime --root {_bundle.Root}/home/state {command} -b {bundle} {RuntimeBundle.NewId()}");

    private Result Shell(string script)
    {
        string file = Path.Combine(_bundle.Root, "script-" + Guid.NewGuid().ToString("N")[..6]);
        File.WriteAllText(file, script + "\n");
        return Repository.Run("unshare", ["-m", "sh", "-c", $"mount --bind {_bundle.Root}/passwd /etc/passwd && touch /etc/subuid /etc/subgid && mount --bind {_bundle.Root}/subid /etc/subuid "
            + $"&& mount --bind {_bundle.Root}/subid /etc/subgid && exec setpriv --reuid {Uid} --regid {Uid} --clear-groups sh {file}"]);
    }
}
