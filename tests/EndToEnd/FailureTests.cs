namespace Tare.Tests.EndToEnd;

/// <summary>Bad input: Docker's exit codes, a message that helps, and nothing left behind in the kernel or on disk.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly Engine _engine = new();

    public FailureTests()
    {
        _engine.LoadBusybox();
        // The first container makes what is made once: the firewall table, the pool of network namespaces.
        _engine.Tare("run", "--rm", "busybox", "true").Ok();
    }

    [Fact]
    public void Every_failure_is_named_and_leaves_nothing()
    {
        KernelState before = KernelState.Settled(_engine);
        Fails(125, "Unable to find image 'nosuchimage:1' locally", "run", "nosuchimage:1", "true");
        Fails(127, "executable file not found in $PATH", "run", "--rm", "busybox", "nosuchcommand");
        Fails(126, "permission denied", "run", "--rm", "busybox", "/etc/passwd");
        Fails(125, "6MB", "run", "--rm", "-m", "1m", "busybox", "true");
        Fails(125, "nosuchnet", "run", "--rm", "--network", "nosuchnet", "busybox", "true");
        Fails(125, "Requested CPUs are not available", "run", "--rm", "--cpuset-cpus", "99", "busybox", "true");
        Fails(125, "nosuchuser", "run", "--rm", "-u", "nosuchuser", "busybox", "true");
        Fails(125, "uids and gids must be in range", "run", "--rm", "-u", "2147483648", "busybox", "true");
        Fails(125, "/nosuch/path", "run", "--rm", "--mount", "type=bind,source=/nosuch/path,target=/x", "busybox", "true");
        Fails(125, "kernel.core_pattern", "run", "--rm", "--sysctl", "kernel.core_pattern=x", "busybox", "true");
        Fails(1, "No such container", "inspect", "--type", "container", "nosuch");
        Fails(1, "No such container", "rm", "nosuch");
        Fails(125, "unknown flag", "run", "--nosuchflag", "busybox");
        string broken = Path.Combine(_engine.Root, "broken.tar");
        File.WriteAllBytes(broken, [.. "this is no archive"u8]);
        Fails(1, "", "load", "-i", broken);
        File.Delete(broken);
        foreach (string id in _engine.Tare("ps", "-aq").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _engine.Tare("rm", id).Ok();
        before.AssertSame(KernelState.Settled(_engine));
    }

    [Fact]
    public void A_name_and_a_port_are_taken_once_only()
    {
        _engine.Tare("run", "-d", "--name", "first", "-p", "127.0.0.1:27123:80", "busybox", "sleep", "100").Ok();
        KernelState before = KernelState.Settled(_engine);
        Assert.True(before.Cgroups > 0, "the groups of a running container are not seen: what is left of one would not be either");
        Fails(125, "already in use", "run", "-d", "--name", "first", "busybox", "true");
        Fails(125, "27123", "run", "--rm", "-p", "127.0.0.1:27123:80", "busybox", "true");
        before.AssertSame(KernelState.Settled(_engine));
    }

    [Theory]
    [InlineData("proc")]
    [InlineData("dev")]
    [InlineData("sys")]
    public void A_link_in_the_image_for_a_system_directory_leads_nowhere(string name)
    {
        string id = _engine.Tare("create", "busybox", "true").Ok().Trim();
        string tar = Path.Combine(_engine.Root, "export.tar");
        _engine.Tare("export", "-o", tar, id).Ok();
        string tree = Path.Combine(_engine.Root, "tree");
        Directory.CreateDirectory(tree);
        Repository.Run("tar", ["-xf", tar, "-C", tree]).Ok();
        Directory.Delete(Path.Combine(tree, name), recursive: true);
        Directory.CreateDirectory(Path.Combine(tree, "elsewhere"));
        File.CreateSymbolicLink(Path.Combine(tree, name), "/elsewhere");
        Repository.Run("tar", ["-cf", tar, "-C", tree, "."]).Ok();
        _engine.Tare("import", tar, "hostile:1").Ok();
        KernelState before = KernelState.Settled(_engine);
        // The engine's own layer lies on the image's: what is mounted there lies on a plain directory, and the link's target stays empty.
        Assert.Equal("directory\n0\n", _engine.Tare("run", "--rm", "hostile:1", "sh", "-c", $"test -d /{name} -a ! -L /{name} && echo directory; ls /elsewhere | wc -l").Ok());
        before.AssertSame(KernelState.Settled(_engine));
    }

    [Fact]
    public void A_full_disk_fails_a_load_and_the_engine_goes_on()
    {
        string small = Path.Combine(_engine.Root, "small");
        Directory.CreateDirectory(small);
        Repository.Run("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", small]).Ok();
        try
        {
            string socket = Path.Combine(_engine.Root, "small.sock");
            string bridge = "172.27.255.1";
            using System.Diagnostics.Process tared = System.Diagnostics.Process.Start(Repository.Program("tared"),
                ["--data-root", small, "--exec-root", Path.Combine(_engine.Root, "small-exec"), "--host", "unix://" + socket, "--bip", bridge + "/24"]);
            Wait.Until(() => File.Exists(socket), TimeSpan.FromSeconds(15), () => "tared does not listen");
            string[] host = ["-H", "unix://" + socket];
            Result load = Repository.Run(Repository.Program("tare"), [.. host, "load", "-i", Repository.Image("postgres")]);
            Assert.NotEqual(0, load.Code);
            Assert.Contains("no space left on device", load.Error + load.Output, StringComparison.OrdinalIgnoreCase);
            Assert.Equal("", Repository.Run(Repository.Program("tare"), [.. host, "images", "-q"]).Ok());
            Assert.Empty(Directory.GetFiles(Path.Combine(small, "content", "ingest")));
            tared.Kill();
            tared.WaitForExit();
            Engine.RemoveBridge(bridge);
        }
        finally
        {
            _ = Repository.Run("umount", ["-l", small]);
        }
    }

    public void Dispose() => _engine.Dispose();

    private void Fails(int code, string message, params string[] arguments)
    {
        Result result = _engine.Tare(arguments);
        Assert.True(result.Code == code, $"tare {string.Join(' ', arguments)}: exit code {result.Code} instead of {code}: {result.Error}");
        Assert.Contains(message, result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(result.Error);
    }
}
