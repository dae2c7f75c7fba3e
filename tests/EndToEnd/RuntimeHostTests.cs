namespace Tare.Tests.EndToEnd;

/// <summary>The OCI runtime on a machine whose process 1 is systemd: its scopes.</summary>
public sealed class RuntimeHostTests
{
    [Fact]
    public void A_scope_of_systemd_has_the_container_s_limits_and_goes_with_it()
    {
        string output = Repository.Run(Path.Combine(Repository.Root, "tests/hosts/systemd.sh"), ["420", "systemd-runtime.sh"], seconds: 900).Ok();
        foreach (string line in new[]
        {
            "scope: active system.slice yes",
            "limits: 500ms 67108864 30",
            "kernel: 67108864 30 50000 100000",
            "inside: /system.slice/test-one.scope 0::/",
            "updated: 134217728 40",
            "paused: \"status\": \"paused\"",
            "deleted: not-found 0 groups",
            "ended: 7 not-found",
        })
            Assert.Contains(line, output);
    }
}
