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
    [Fact]
    public void A_secret_belongs_to_the_ids_of_its_container()
    {
        string file = Path.Combine(_engine.Root, "pw" + _suffix);
        File.WriteAllText(file, "content");
        string id = _engine.Tare("run", "-d", "--userns", "auto", "-u", "1000", "--secret", $"id=pw,src={file},mode=0400,uid=1000,gid=1000", "--secret", $"id=root,src={file},mode=0400",
            "busybox", "sleep", "100").Ok().Trim();
        Assert.Equal("content", _engine.Tare("exec", id, "cat", "/run/secrets/pw").Ok());
        Assert.Equal("400 1000 1000\n400 0 0\n", _engine.Tare("exec", id, "stat", "-c", "%a %u %g", "/run/secrets/pw", "/run/secrets/root").Ok());
        Assert.Contains("Permission denied", _engine.Tare("exec", id, "cat", "/run/secrets/root").Error);
        Assert.Equal("content", _engine.Tare("exec", "-u", "0", id, "cat", "/run/secrets/root").Ok());
        Assert.Contains("Read-only file system", _engine.Tare("exec", "-u", "0", id, "sh", "-c", "echo x > /run/secrets/pw").Error);
        _engine.Tare("restart", "-t", "0", id).Ok();
        Assert.Equal("content", _engine.Tare("exec", id, "cat", "/run/secrets/pw").Ok());
        _engine.Tare("rm", "-f", id).Ok();
    }

    [Fact]
    public void With_userns_remap_containers_have_ids_of_their_own_unless_they_opt_out()
    {
        using Engine engine = new(start: false) { Options = ["--userns-remap", "default"] };
        engine.Start();
        engine.LoadBusybox();
        Assert.Contains("name=userns", engine.Docker("info", "-f", "{{.SecurityOptions}}").Ok());
        string[] map = Words(engine.Docker("run", "--rm", "busybox", "cat", "/proc/self/uid_map").Ok());
        Assert.Equal(("0", "65536"), (map[0], map[2]));
        Assert.NotEqual("0", map[1]);
        Assert.Equal("0 0\n", engine.Tare("run", "--rm", "-v", "data:/d", "busybox", "stat", "-c", "%u %g", "/d").Ok());
        Assert.Equal(["0", "0", "4294967295"], Words(engine.Docker("run", "--rm", "--userns", "host", "busybox", "cat", "/proc/self/uid_map").Ok()));
        engine.Docker("run", "--rm", "--userns", "host", "--privileged", "--network", "host", "busybox", "true").Ok();
        Assert.Contains("privileged mode is incompatible with user namespaces", engine.Docker("run", "--rm", "--privileged", "busybox", "true").Error);
        Assert.Contains("cannot share the host's network namespace", engine.Docker("run", "--rm", "--network", "host", "busybox", "true").Error);
    }

    [Fact]
    public void A_userns_remap_of_a_user_without_ids_keeps_the_engine_from_starting_and_says_what_to_write()
    {
        string root = Path.Combine(_engine.Root, "remap" + _suffix);
        Result refused = Repository.Run(Repository.Program("tared"), ["--data-root", root, "--exec-root", root + "-exec", "--userns-remap", "nobody-has-ids"]);
        Assert.Equal(1, refused.Code);
        Assert.Contains("add a line such as \"nobody-has-ids:165536:65536\" to both", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(root));
    }

    private static string[] Words(string text) => text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
}
