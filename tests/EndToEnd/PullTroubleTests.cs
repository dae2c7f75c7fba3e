using System.Globalization;
using System.Security.Cryptography;

namespace Tare.Tests.EndToEnd;

/// <summary>Pulls that meet a full disk, each other, and removals, on the published programs.</summary>
public sealed class PullTroubleTests : IDisposable
{
    private const int LayerBytes = 24_000_000;

    private readonly RegistryProgram _registry = new();
    private readonly Engine _engine = new(start: false);
    private readonly string _name;
    private bool _mounted;

    public PullTroubleTests()
    {
        _name = $"{_registry.Address}/big:1";
        string tree = Path.Combine(_registry.Directory, "tree");
        _ = Directory.CreateDirectory(tree);
        File.WriteAllBytes(Path.Combine(tree, "f"), RandomNumberGenerator.GetBytes(LayerBytes));
        Repository.Run("tar", ["-C", tree, "-cf", Path.Combine(_registry.Directory, "big.tar"), "f"]).Ok();
        _registry.Podman("import", "-q", Path.Combine(_registry.Directory, "big.tar"), _name).Ok();
        _registry.Podman("push", "-q", "--tls-verify=false", _name).Ok();
    }

    public void Dispose()
    {
        Unmount();
        _engine.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public void A_disk_that_is_full_in_mid_pull_is_told_leaves_a_sound_store_and_the_pull_goes_on_when_there_is_room()
    {
        // Room for neither, for the blob, and for the blob and half of what it unpacks to.
        foreach (int megabytes in (int[])[12, 30, 40])
        {
            Mount(megabytes);
            Result full = _engine.Tare("pull", _name);
            Assert.NotEqual(0, full.Code);
            Assert.Contains("no space left on device", full.Error, StringComparison.OrdinalIgnoreCase);
            Assert.Equal("", _engine.Tare("images", "-q").Ok());
            Assert.Contains("everything is as its digests say", _engine.Tare("image", "verify").Ok(), StringComparison.Ordinal);

            Repository.Run("mount", ["-o", $"remount,size={(megabytes + 60).ToString(CultureInfo.InvariantCulture)}m", _engine.DataRoot]).Ok();
            _engine.Tare("pull", "-q", _name).Ok();
            Assert.Contains("everything is as its digests say", _engine.Tare("image", "verify").Ok(), StringComparison.Ordinal);
            Unmount();
        }
    }

    [Fact]
    public void Pulls_of_one_image_at_once_fetch_it_once_and_a_removal_meanwhile_harms_nobody()
    {
        _engine.Start();
        _engine.LoadBusybox();
        using var slow = new SlowProxy(_registry.Address);
        string name = _name.Replace(_registry.Address, slow.Authority, StringComparison.Ordinal);
        string tare = Repository.Program("tare");
        using (Background one = _engine.Start(tare, "pull", name), two = _engine.Start("docker", "pull", name), three = _engine.Start(tare, "pull", "-q", name))
        {
            Wait.Until(() => slow.Total > 2_000_000, TimeSpan.FromSeconds(30), () => "the pulls do not go on");
            Assert.NotEqual(0, _engine.Tare("rmi", name).Code);
            _engine.Tare("rmi", "busybox").Ok();
            _ = _engine.Tare("image", "prune", "-af").Ok();
            slow.Fast = true;
            foreach (Background pull in (Background[])[one, two, three])
                Assert.Equal(0, pull.WaitForExit(60));
        }
        // Each byte of the layer came once.
        Assert.InRange(slow.Total, LayerBytes, LayerBytes + 1_000_000);
        Assert.Contains("everything is as its digests say", _engine.Tare("image", "verify").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_a_container_uses_keeps_its_files_whatever_is_removed()
    {
        _engine.Start();
        _engine.LoadBusybox();
        string id = _engine.Tare("run", "-d", "busybox", "sleep", "1000").Ok().Trim();
        Result running = _engine.Tare("rmi", _engine.Tare("images", "-q", "busybox").Ok().Trim());
        Assert.NotEqual(0, running.Code);
        Assert.Contains("image is being used by running container", running.Error, StringComparison.Ordinal);
        _engine.Tare("rmi", "-f", "busybox").Ok();
        _engine.Tare("image", "prune", "-af").Ok();
        Assert.Equal("still\n", _engine.Tare("exec", id, "echo", "still").Ok());
        _engine.Tare("restart", "-t", "0", id).Ok();
        Assert.Equal("here\n", _engine.Tare("exec", id, "echo", "here").Ok());
        _engine.Tare("rm", "-f", id).Ok();
        _engine.Tare("image", "prune", "-af").Ok();
        Assert.Empty(Directory.GetFiles(Path.Combine(_engine.DataRoot, "content", "blobs", "sha256")));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_engine.DataRoot, "snapshots")));
    }

    private void Mount(int megabytes)
    {
        _ = Directory.CreateDirectory(_engine.DataRoot);
        Repository.Run("mount", ["-t", "tmpfs", "-o", $"size={megabytes.ToString(CultureInfo.InvariantCulture)}m", "tmpfs", _engine.DataRoot]).Ok();
        _mounted = true;
        _engine.Start();
    }

    private void Unmount()
    {
        if (!_mounted)
            return;
        _mounted = false;
        _engine.Stop();
        Repository.Run("umount", ["-l", _engine.DataRoot]).Ok();
    }
}
