namespace Tare.Tests.EndToEnd;

/// <summary>Containers whose root is nobody on the host.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class UserNamespaceTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;
    private readonly string _suffix = Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public void Root_inside_is_an_id_of_its_own_outside_and_owns_the_images_files()
    {
        string name = "users" + _suffix;
        _engine.Tare("run", "-d", "--name", name, "--userns", "auto", "-p", "80", "busybox", "sh", "-c", "mkdir /w; echo served > /w/index.html; exec httpd -f -h /w").Ok();
        string[] map = _engine.Tare("exec", name, "cat", "/proc/self/uid_map").Ok().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(("0", "65536"), (map[0], map[2]));
        Assert.Equal("uid=0(root) gid=0(root)", _engine.Tare("exec", name, "id").Ok().Trim().Split(" groups")[0]);
        Assert.Equal("0 0\n", _engine.Tare("exec", name, "stat", "-c", "%u %g", "/bin/busybox").Ok());
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", name).Ok().Trim();
        Assert.Equal(map[1], Repository.Run("stat", ["-c", "%u", $"/proc/{pid}"]).Ok().Trim());

        // Outside, the image's layer is as it was, and what the container has written has its id.
        string id = _engine.Tare("inspect", "-f", "{{.Id}}", name).Ok().Trim();
        Assert.Equal(map[1], Repository.Run("stat", ["-c", "%u", Path.Combine(_engine.DataRoot, "containers", id, "upper", "w")]).Ok().Trim());
        Assert.Equal("0", Repository.Run("sh", ["-c", $"stat -c %u {_engine.DataRoot}/snapshots/*/fs/bin/busybox | sort -u"]).Ok().Trim());

        // Another one has other ids; ports, names, streams and signals are as ever.
        string other = _engine.Tare("run", "--rm", "--userns", "auto:size=1000", "busybox", "cat", "/proc/self/uid_map").Ok();
        Assert.DoesNotContain(map[1], other);
        Assert.Contains(" 1000\n", other);
        string port = _engine.Tare("port", name, "80").Ok().Split('\n')[0].Split(':')[^1];
        Assert.Equal("served\n", Repository.Run("curl", ["-s", "-m", "5", "--retry", "5", "--retry-connrefused", $"http://127.0.0.1:{port}/"]).Ok());
        Assert.Equal("again\n", _engine.Tare("run", "--rm", "--userns", "auto", "busybox", "sh", "-c", "echo again > /dev/stdout").Ok());
        Assert.Equal("in\n", _engine.Run(Repository.Program("tare"), ["run", "-i", "--rm", "--userns", "auto", "-u", "1000", "busybox", "cat"], "in\n").Ok());
        Assert.Equal(3, _engine.Tare("run", "--rm", "--userns", "auto", "busybox", "sh", "-c", "exit 3").Code);
        Assert.Contains("no-such-program", _engine.Tare("run", "--rm", "--userns", "auto", "busybox", "no-such-program").Error);
        _engine.Tare("restart", "-t", "0", name).Ok();
        Assert.Equal(map[1], _engine.Tare("exec", name, "cat", "/proc/self/uid_map").Ok().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        _engine.Tare("rm", "-f", name).Ok();
    }

    [Fact]
    public void Volumes_binds_copies_and_commits_have_plain_owners_on_both_sides()
    {
        (string name, string volume, string image) = ("users" + _suffix, "vol" + _suffix, "users" + _suffix);
        string directory = Path.Combine(_engine.Root, "bind" + _suffix);
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "host"), "from the host");
        _engine.Tare("run", "-d", "--name", name, "--userns", "auto", "-v", $"{volume}:/vol", "-v", $"{directory}:/bind", "busybox", "sleep", "100").Ok();
        _engine.Tare("exec", name, "sh", "-c", "echo v > /vol/f; echo b > /bind/f; chown 1000:1000 /bind/f; echo own > /own; chown 12:34 /own").Ok();
        Assert.Equal("0 0\n", _engine.Tare("exec", name, "stat", "-c", "%u %g", "/bind/host").Ok());
        Assert.Equal("1000 0", Repository.Run("sh", ["-c", $"stat -c %u {directory}/f; stat -c %u {_engine.DataRoot}/volumes/{volume}/_data/f"]).Ok().Trim().Replace('\n', ' '));

        string file = Path.Combine(_engine.Root, "copied" + _suffix);
        File.WriteAllText(file, "copied");
        _engine.Tare("cp", file, $"{name}:/in").Ok();
        Assert.Equal("0 copied", _engine.Tare("exec", name, "sh", "-c", "stat -c %u /in; cat /in").Ok().Replace('\n', ' '));
        Assert.Contains("12/34", _engine.Run("sh", ["-c", $"{Repository.Program("tare")} cp {name}:/own - | tar --numeric-owner -tv"]).Ok());
        Assert.Contains("12/34", _engine.Run("sh", ["-c", $"{Repository.Program("tare")} export {name} | tar --numeric-owner -tv own"]).Ok());
        Assert.Contains("A /own", _engine.Tare("diff", name).Ok());
        _engine.Tare("commit", name, image).Ok();
        Assert.Equal("12 34\n", _engine.Tare("run", "--rm", image, "stat", "-c", "%u %g", "/own").Ok());
        _engine.Tare("stop", "-t", "0", name).Ok();
        _engine.Tare("cp", file, $"{name}:/stopped").Ok();
        _engine.Tare("start", name).Ok();
        Assert.Equal("0 0\n", _engine.Tare("exec", name, "stat", "-c", "%u %g", "/stopped").Ok());
        _engine.Tare("rm", "-f", name).Ok();
        _engine.Tare("volume", "rm", volume).Ok();
        _engine.Tare("rmi", image).Ok();
    }

    [Fact]
    public void What_belongs_to_the_host_is_refused_in_a_user_namespace()
    {
        foreach ((string option, string value, string reason) in new[]
        {
            ("--network", "host", "cannot share the host's network namespace"), ("--pid", "host", "cannot share the host's PID namespace"),
            ("--privileged", "true", "privileged mode is incompatible with user namespaces"), ("--userns", "none", "invalid user namespace mode"),
            ("--userns", "auto:size=0", "invalid user namespace mode"),
        })
            Assert.Contains(reason, _engine.Tare("run", "--rm", "--userns", "auto", option == "--privileged" ? "--privileged" : $"{option}={value}", "busybox", "true").Error);
    }
}
