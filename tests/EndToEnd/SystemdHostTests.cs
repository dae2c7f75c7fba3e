namespace Tare.Tests.EndToEnd;

/// <summary>A machine whose process 1 is systemd: what install.sh makes of it, and what systemd's verbs do to containers.</summary>
public sealed class SystemdHostTests
{
    [Fact]
    public void An_installed_engine_starts_by_its_socket_and_its_containers_outlive_every_restart()
    {
        string output = Repository.Run(Path.Combine(Repository.Root, "tests/hosts/systemd.sh"), [], seconds: 900).Ok();
        foreach (string line in new[]
        {
            "installed: active inactive",
            "activated: active 2",
            "page: served",
            "memory: 67108864",
            "restarted: running same process served",
            "killed: running same process served",
            "stopped: inactive served",
            "reloaded: 1 67108864",
            "uninstalled: 0 files 0 groups",
            "left: 0 processes 0 bridges 0 tables",
        })
            Assert.Contains(line, output);
    }
}
