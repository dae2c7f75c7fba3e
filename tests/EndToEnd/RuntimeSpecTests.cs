namespace Tare.Tests.EndToEnd;

/// <summary>
/// Each field of the runtime specification: applied in the kernel and seen from inside, or refused with a reason; and where Debian's runc and crun know
/// it, the same with them.
/// </summary>
public sealed class RuntimeSpecTests : IDisposable
{
    private readonly RuntimeBundle _bundle = new();

    public RuntimeSpecTests()
    {
        string parent = Path.GetDirectoryName(RuntimeSpecCases.HostDirectory)!;
        Directory.CreateDirectory(parent);
        Repository.Run("sh", ["-c", $"mount -t tmpfs -o mode=755 tare-spec {parent} && mount --make-shared {parent} && mkdir -p {RuntimeSpecCases.HostDirectory}/sub "
            + $"&& echo from the host > {RuntimeSpecCases.HostDirectory}/file && mount -t tmpfs -o mode=755 tare-spec {RuntimeSpecCases.HostDirectory}/sub"]).Ok();
    }

    public static TheoryData<string> Fields => [.. RuntimeSpecCases.All.Select(c => c.Field)];

    public static TheoryData<string, string> Compared
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (RuntimeSpecCase one in RuntimeSpecCases.All)
                foreach ((Peers peer, string name) in new[] { (Peers.Runc, "runc"), (Peers.Crun, "crun") })
                    if (one.Peers.HasFlag(peer))
                        all.Add(one.Field, name);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_is_applied_or_refused(string field)
    {
        RuntimeSpecCase one = RuntimeSpecCases.All.Single(c => c.Field == field);
        one.Check(_bundle.Run(_bundle.Script(one.Script, one.Change)));
        // What is refused at once has not even made the state directory.
        if (Directory.Exists(Path.Combine(_bundle.State, "tare-runtime")))
            Assert.Equal("", _bundle.Tare("list", "-q").Ok());
    }

    [Theory]
    [MemberData(nameof(Compared))]
    public void A_peer_agrees(string field, string peer)
    {
        RuntimeSpecCase one = RuntimeSpecCases.All.Single(c => c.Field == field);
        string bundle = _bundle.Script(one.Script, s =>
        {
            s["ociVersion"] = "1.0.2"; // what Debian's crun knows
            one.Change(s);
        });
        Result ours = _bundle.Run(bundle);
        Result theirs = _bundle.Run(bundle, peer);
        Assert.True(ours.Code == 0 == (theirs.Code == 0), $"{ours.Code} {ours.Error}; {peer} {theirs.Code} {theirs.Error}");
        if (ours.Code == 0)
            one.Check(theirs);
    }

    public void Dispose()
    {
        _bundle.Dispose();
        string parent = Path.GetDirectoryName(RuntimeSpecCases.HostDirectory)!;
        Repository.Run("umount", ["-R", parent]).Ok();
        Directory.Delete(parent);
        foreach (string tree in new[] { "/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/blkio", "/sys/fs/cgroup/devices" })
            if (Directory.Exists(tree + "/tare-test"))
                Directory.Delete(tree + "/tare-test");
    }
}
