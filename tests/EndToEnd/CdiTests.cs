namespace Tare.Tests.EndToEnd;

/// <summary>Devices that documents of the Container Device Interface describe.</summary>
public sealed class CdiTests : IDisposable
{
    private readonly Engine _engine = new(start: false);
    private readonly string _directory;

    public CdiTests()
    {
        _directory = Path.Combine(_engine.Root, "cdi");
        Directory.CreateDirectory(_directory);
        _engine.Options = ["--cdi-spec-dir", _directory];
        _engine.Start();
        _engine.LoadBusybox();
    }

    [Fact]
    public void A_device_brings_its_nodes_mounts_variables_and_groups()
    {
        File.WriteAllText(Path.Combine(_engine.Root, "lib"), "library");
        File.WriteAllText(Path.Combine(_directory, "vendor.yaml"), $"""
            # made by a vendor's tool
            cdiVersion: "0.6.0"
            kind: vendor.com/gadget
            containerEdits:
              env:
              - COMMON=yes
            devices:
            - name: first
              containerEdits:
                env: [DEVICE=first, "QUOTED=a b"]
                deviceNodes:
                - path: /dev/vendor/zero
                  hostPath: /dev/zero
                - {"{"}path: /dev/vendor/fuse, hostPath: /dev/fuse, fileMode: 0600, uid: 1000, permissions: r{"}"}
                mounts:
                  - hostPath: {_engine.Root}/lib
                    containerPath: /usr/lib/vendor
                additionalGids: [4242]
            """);
        string output = Run("vendor.com/gadget=first", "echo $COMMON $DEVICE $QUOTED; cat /usr/lib/vendor; echo; id -G; stat -c '%a %u' /dev/vendor/fuse; head -c 1 /dev/vendor/zero | wc -c; echo x > /dev/vendor/fuse || echo denied; echo x > /usr/lib/vendor || echo read-only").Ok();
        Assert.Equal("yes first a b\nlibrary\n0 4242\n600 1000\n1\ndenied\nread-only\n", output);
        string id = _engine.Docker("create", "--device", "vendor.com/gadget=first", "busybox", "true").Ok().Trim();
        Assert.Equal("[{cdi 0 [vendor.com/gadget=first] [] map[]}]", _engine.Docker("inspect", "-f", "{{.HostConfig.DeviceRequests}}", id).Ok().Trim());
        Assert.Equal($"[{_directory}]", _engine.Docker("info", "-f", "{{.CDISpecDirs}}").Ok().Trim());
    }

    [Fact]
    public void A_device_that_cannot_be_given_is_refused_with_the_reason()
    {
        File.WriteAllText(Path.Combine(_directory, "broken.json"), "{");
        File.WriteAllText(Path.Combine(_directory, "hook.json"), """
            {"cdiVersion": "0.5.0", "kind": "vendor.com/hooked", "devices": [{"name": "a", "containerEdits": {"hooks": [{"hookName": "createContainer", "path": "/bin/hook"}]}},
             {"name": "b", "containerEdits": {"deviceNodes": [{"path": "/dev/none-of-this-host"}]}}]}
            """);
        Assert.Contains("unresolvable CDI devices vendor.com/gadget=none", Run("vendor.com/gadget=none", "true").Error);
        Assert.Contains("broken.json", Run("vendor.com/gadget=none", "true").Error);
        Assert.Contains("wants /bin/hook to be run (createContainer)", Run("vendor.com/hooked=a", "true").Error);
        Assert.Contains("/dev/none-of-this-host is no device of this host", Run("vendor.com/hooked=b", "true").Error);
        Assert.Contains("could not select device driver \"\" with capabilities: [[gpu]]", _engine.Docker("run", "--rm", "--gpus", "all", "busybox", "true").Error);
    }

    public void Dispose() => _engine.Dispose();

    private Result Run(string device, string script) => _engine.Docker("run", "--rm", "--device", device, "busybox", "sh", "-c", script);
}
