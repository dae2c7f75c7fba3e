namespace Tare.Tests.EndToEnd;

/// <summary>A machine whose process 1 is systemd: scopes, checkpoints, what install.sh makes of it, and what systemd's verbs do to containers.</summary>
public sealed class SystemdHostTests(SystemdMachine machine) : IClassFixture<SystemdMachine>
{
    [Fact]
    public void An_installed_engine_starts_by_its_socket_and_its_containers_outlive_every_restart() => machine.Printed("engine",
    [
        "installed: active inactive",
        "activated: active 2",
        "page: served",
        "memory: 67108864",
        "restarted: running same process served",
        "killed: running same process served",
        "stopped: inactive served",
        "reloaded: 1 67108864",
        "updated: 134217728 max 50000 100000 50",
        "journal: written",
        "init below: 0::/below",
        "uninstalled: 0 files 0 groups",
        "left: 0 processes 0 bridges 0 tables",
    ]);

    [Fact]
    public void A_scope_of_systemd_has_the_container_s_limits_and_goes_with_it() => machine.Printed("runtime",
    [
        "scope: active system.slice yes",
        "limits: 500ms 67108864 30",
        "kernel: 67108864 30 50000 100000",
        "inside: /system.slice/test-one.scope 0::/",
        "updated: 134217728 40",
        "paused: \"status\": \"paused\"",
        "deleted: not-found 0 groups",
        "ended: 7 not-found",
        "twice: not-found 0 scopes",
        "init below: 0::/below error adding pid of a new process to cgroups",
        "left: 0 containers",
    ]);

    [Fact]
    public void A_container_that_criu_has_written_down_goes_on_where_it_was() => machine.Printed("checkpoint",
    [
        "saved: saved 0, 0 known, 0 groups",
        "restored: restored 0, goes on \"status\": \"running\"",
        "limits: 67108864 30 2 processes",
        "exec: 0 sh",
        "loopback: ,UP",
        "again: saved 0, restored 0, goes on",
        "without the network: saved 0, restored 0, 0 up",
        "left running: saved 0, goes on",
        "in advance: saved 0, saved 0, restored 0, goes on",
        "mounts: saved 0, restored 0, kept bound 0",
        "network: saved 0, restored 0, the same",
        "pipe goes on: 1",
        "in the foreground: ended with 7, 0 known",
        "terminal: saved 0,",
        "terminal again: goes on shown",
        "scope: saved 0, not-found",
        "scope again: restored 0, goes on active 67108864",
        "damaged: 1 0 known, 0 groups, 0 mounts",
    ]);

    [Fact]
    public void A_container_of_the_engine_goes_on_from_its_checkpoint_as_if_nothing_had_been() => machine.Printed("engine-checkpoint",
    [
        "saved: one exited 137",
        "listed: CHECKPOINT NAME one 1",
        "stands: 0 more lines",
        "secret: 0 files with it",
        "restored: running 0",
        "log: gapless",
        "inside: in tmpfs in volume bound hidden word sh",
        "network: 1 served",
        "limits: 67108864 counted",
        "tared killed: running 0 gapless exec",
        "keeper killed: running 0 gapless",
        "stopped: exited",
        "from the beginning: running 0",
        "left over: 0 groups 0 directories",
        "left running: one running 0",
        "goes on: gapless",
        "twice: Error response from daemon: Cannot checkpoint container left: checkpoint with name one already exists for container left",
        "paused: two paused",
        "removed: two",
        "elsewhere: three exited 137 three",
        "in another container: running 0",
        "its log: 1",
        "terminal: one exited 137",
        "terminal again: running 0",
        "its log: 1 a terminal",
        "input: one exited 137",
        "input again: running 0",
        "its log: got first",
        "user: one exited 137",
        "user again: running 0",
        "its exit: exited 7",
        "damaged: criu failed: type restore exited 128",
        "it left: 0 criu 0 groups 0 mounts 0 zombies",
        "starts still: running 0",
        "killed while it saves: as it should be",
        "killed while it restores: as it should be",
        "restored at last: running 0",
        "end: 0 engines",
    ], "killed while it saves: after", "killed while it restores: after");
}

/// <summary>What the machine printed, which is booted once for all tests.</summary>
public sealed class SystemdMachine
{
    private readonly string _output = Repository.Run(Path.Combine(Repository.Root, "tests/hosts/systemd.sh"), ["1000"], seconds: 1800).Ok();

    /// <summary>Fails unless a script has printed each of these lines, be it with something behind, and none that begins with an unwanted one.</summary>
    public void Printed(string script, string[] lines, params string[] unwanted)
    {
        string part = _output.Split("--- ").Single(text => text.StartsWith(script + "\n", StringComparison.Ordinal));
        string[] printed = part.Split('\n');
        string[] missing = [.. lines.Where(line => !printed.Any(p => p == line || p.StartsWith(line + " ", StringComparison.Ordinal)))];
        Assert.True(missing.Length == 0, $"not printed:\n{string.Join('\n', missing)}\n\n{part}");
        Assert.DoesNotContain(printed, line => unwanted.Any(begin => line.StartsWith(begin, StringComparison.Ordinal)));
    }
}
