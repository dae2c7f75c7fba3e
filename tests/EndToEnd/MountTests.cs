namespace Tare.Tests.EndToEnd;

/// <summary>Mounts of --mount, shared memory and secrets, seen from inside.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class MountTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;
    private readonly string _suffix = Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public void A_part_of_a_volume_is_mounted_and_no_link_leads_out_of_it()
    {
        string volume = "vol" + _suffix;
        Sh("mkdir -p /v/a/b; echo inside > /v/a/b/f; echo file > /v/single; ln -s a/b /v/good; ln -s ../../../../../etc /v/evil; ln -s /etc /v/absolute", "-v", $"{volume}:/v");
        Assert.Equal("inside\n", Sh("cat /x/f", "--mount", $"type=volume,src={volume},dst=/x,volume-subpath=a/b"));
        Assert.Equal("inside\n", Sh("cat /x/f", "--mount", $"type=volume,src={volume},dst=/x,volume-subpath=good"));
        Assert.Equal("file\n", Sh("cat /etc/one", "--mount", $"type=volume,src={volume},dst=/etc/one,volume-subpath=single,readonly"));
        foreach (string link in new[] { "evil", "absolute" })
            Assert.Contains($"subpath {link} of volume {volume} leads out of it", Run("ls /x", "--mount", $"type=volume,src={volume},dst=/x,volume-subpath={link}").Error);
        Assert.Contains("must be a relative path", Run("ls /x", "--mount", $"type=volume,src={volume},dst=/x,volume-subpath=../x").Error);
        Assert.Contains("when using anonymous volumes", Run("ls /x", "--mount", "type=volume,dst=/x,volume-subpath=x").Error);
        Assert.Contains("no such file or directory", Run("ls /x", "--mount", $"type=volume,src={volume},dst=/x,volume-subpath=none").Error);
        _engine.Tare("volume", "rm", volume).Ok();
    }

    [Fact]
    public void An_image_is_mounted_read_only_and_its_layers_stay_as_long_as_the_container()
    {
        string image = "mounted" + _suffix;
        string source = _engine.Tare("create", "busybox").Ok().Trim();
        _engine.Tare("commit", "-m", "x", source, image).Ok();
        string id = _engine.Tare("run", "-d", "--mount", $"type=image,src={image},dst=/img", "--mount", $"type=image,src={image},dst=/users,image-subpath=etc/passwd", "busybox", "sleep", "100").Ok().Trim();
        Assert.Contains("etc", _engine.Tare("exec", id, "ls", "/img").Ok());
        Assert.Contains("root", _engine.Tare("exec", id, "cat", "/users").Ok());
        Assert.Contains("Read-only file system", _engine.Tare("exec", id, "touch", "/img/x").Error);
        Assert.Equal($"image {image} false", _engine.Docker("inspect", "-f", "{{range .Mounts}}{{if eq .Destination \"/img\"}}{{.Type}} {{.Name}} {{.RW}}{{end}}{{end}}", id).Ok().Trim());
        _engine.Tare("rmi", "-f", image).Ok();
        _engine.Tare("restart", "-t", "0", id).Ok();
        Assert.Contains("root", _engine.Tare("exec", id, "cat", "/users").Ok());
        Assert.Contains("No such image", Run("ls /img", "--mount", $"type=image,src={image},dst=/img").Error);
        _engine.Tare("rm", "-f", id, source).Ok();
    }

    [Fact]
    public void Shared_memory_is_shared_with_a_container_that_allows_it()
    {
        string name = "ipc" + _suffix;
        _engine.Tare("run", "-d", "--name", name, "--ipc", "shareable", "--shm-size", "8m", "busybox", "sh", "-c", "echo one > /dev/shm/f; exec sleep 100").Ok();
        Assert.Equal("one\n", Sh("until [ -e /dev/shm/f ]; do sleep 0.1; done; cat /dev/shm/f; echo two > /dev/shm/g", "--ipc", $"container:{name}"));
        Assert.Equal("two\n", _engine.Tare("exec", name, "cat", "/dev/shm/g").Ok());
        Assert.Contains("8192", Sh("df -k /dev/shm", "--ipc", $"container:{name}"));
        string closed = _engine.Tare("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        Assert.Contains("non-shareable IPC", Run("true", "--ipc", $"container:{closed}").Error);
        _engine.Tare("rm", "-f", name, closed).Ok();
    }

    [Fact]
    public void In_another_containers_network_names_and_files_are_the_others()
    {
        string name = "net" + _suffix;
        _engine.Tare("run", "-d", "--name", name, "--hostname", "shared", "--add-host", "db:10.1.2.3", "--dns", "10.9.9.9", "busybox", "sleep", "100").Ok();
        string output = Sh("hostname; cat /etc/hosts /etc/hostname /etc/resolv.conf; ip -o -4 addr show eth0", "--network", $"container:{name}");
        string address = _engine.Tare("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", name).Ok().Trim();
        foreach (string expected in new[] { "shared\n", "10.1.2.3\tdb\n", "nameserver 10.9.9.9\n", $"inet {address}/", $"{address}\tshared\n" })
            Assert.Contains(expected, output);
        Assert.StartsWith("shared\n", output);
        _engine.Tare("rm", "-f", name).Ok();
        Assert.Contains("No such container", Run("true", "--network", $"container:{name}").Error);
    }

    [Fact]
    public void A_secret_is_a_file_in_memory_and_in_nothing_else()
    {
        string file = Path.Combine(_engine.Root, "secret" + _suffix);
        string text = "content" + _suffix;
        File.WriteAllText(file, text);
        string id = _engine.Tare("run", "-d", "--secret", $"id=pw,src={file},mode=0400,uid=1000,gid=1000", "--secret", $"id=other,src={file},target=/etc/other", "busybox", "sleep", "100").Ok().Trim();
        Assert.Equal($"{text}{text}400 1000 1000 tmpfs\n", _engine.Tare("exec", id, "sh", "-c", "cat /run/secrets/pw /etc/other; stat -c '%a %u %g' /run/secrets/pw | tr '\\n' ' '; stat -f -c %T /run/secrets").Ok());
        Assert.Contains("Read-only file system", _engine.Tare("exec", id, "sh", "-c", "echo x > /run/secrets/pw").Error);
        Assert.DoesNotContain(text, _engine.Docker("inspect", id).Ok());
        string image = "secret" + _suffix;
        _engine.Tare("commit", id, image).Ok();
        Assert.DoesNotContain(text, _engine.Run("sh", ["-c", $"{Repository.Program("tare")} export {id} | tr -d '\\000'; {Repository.Program("tare")} save {image} | tr -d '\\000'"]).Ok());
        Assert.DoesNotContain(text, File.ReadAllText(Path.Combine(_engine.DataRoot, "audit.log")) + _engine.Log());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_engine.DataRoot, "containers", id, "secrets", "0")));
        _engine.Tare("restart", "-t", "0", id).Ok();
        Assert.Equal(text, _engine.Tare("exec", id, "cat", "/etc/other").Ok());
        Assert.Contains("has no id", Run("true", "--secret", $"src={file}").Error);
        Assert.Contains("same place", Run("true", "--secret", $"id=a,src={file}", "--secret", $"id=b,src={file},target=a").Error);
        _engine.Tare("rm", "-f", id).Ok();
        _engine.Tare("rmi", image).Ok();
    }

    private Result Run(string script, params string[] options) => _engine.Tare(["run", "--rm", .. options, "busybox", "sh", "-c", script]);

    private string Sh(string script, params string[] options) => Run(script, options).Ok();
}
