using Tare.Engine.Containers;
using Tare.Engine.Containers.Logs;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Execs;

namespace Tare.Tests.Kernel.Engine;

/// <summary>Execs, logs, top, stats and the survival of containers.</summary>
public sealed class ExecAndLogTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task An_exec_runs_in_the_container_and_tells_its_code()
    {
        string id = await engine.StartAsync("sleep 60");
        (string output, int? code) = await ExecAsync(id, new ExecCreateRequest { Cmd = ["sh", "-c", "echo $A; id -u; pwd; ps | grep -c 'sleep 60'; exit 4"], Env = ["A=b"], User = "ann", WorkingDir = "/tmp" });
        Assert.StartsWith("b\n1000\n/tmp\n", output);
        Assert.Equal(4, code);
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }

    [Fact]
    public async Task A_missing_command_of_an_exec_is_said_in_the_stream_and_is_127()
    {
        string id = await engine.StartAsync("sleep 60");
        (string output, int? code) = await ExecAsync(id, new ExecCreateRequest { Cmd = ["nosuch"] });
        Assert.Contains("exec: \"nosuch\": executable file not found in $PATH", output);
        Assert.Equal(127, code);
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }

    [Fact]
    public async Task Input_of_an_exec_arrives_and_ends()
    {
        string id = await engine.StartAsync("sleep 60");
        string exec = engine.Engine.ExecCreate.Run(id, new ExecCreateRequest { Cmd = ["cat"], AttachStdin = true, AttachStdout = true });
        await using ContainerStream stream = (await engine.Engine.ExecStart.RunAsync(exec, new ExecStartRequest()))!;
        using MemoryStream output = new();
        await stream.PumpAsync(new MemoryStream("hello"u8.ToArray()), output, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.EndsWith("hello", System.Text.Encoding.UTF8.GetString(output.ToArray()));
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }

    [Fact]
    public async Task Logs_can_be_cut_to_their_end_and_chosen_by_stream()
    {
        string id = await engine.StartAsync("seq 1 100; echo wrong >&2");
        await engine.Engine.Wait.Begin(id, null).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("wrong\n", await engine.LogsAsync(id, new LogsOptions { Stderr = true }));
        string tail = await engine.LogsAsync(id, new LogsOptions { Stdout = true, Stderr = true, Tail = 3 });
        Assert.Equal(3, tail.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        string times = await engine.LogsAsync(id, new LogsOptions { Stdout = true, Timestamps = true, Tail = 100 });
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z \d+\n", times);
    }

    [Fact]
    public async Task Following_a_log_loses_and_repeats_nothing_across_rotation()
    {
        string id = await engine.StartAsync("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; sleep 0.3",
            request => request.HostConfig!.LogConfig = new LogConfig { Type = "json-file", Config = new() { ["max-size"] = "40k", ["max-file"] = "10" } });
        string log = await engine.LogsAsync(id, new LogsOptions { Stdout = true, Follow = true });
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => $"line {i}"), log.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(File.Exists(engine.Engine.Context.Paths.Log(id) + ".1"));
    }

    [Fact]
    public async Task Top_and_stats_show_the_processes()
    {
        string id = await engine.StartAsync("sleep 61 & sleep 62");
        await Task.Delay(200);
        TopResponse top = engine.Engine.Top.Run(id, null);
        Assert.Equal(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], top.Titles);
        Assert.Contains(top.Processes, row => row[7] == "sleep 61");
        await foreach (ContainerStats stats in engine.Engine.Stats.ReadAsync(id, stream: false, oneShot: true, CancellationToken.None))
        {
            Assert.True(stats.Pids.Current >= 2);
            Assert.True(stats.Memory.Usage > 0);
            Assert.True(stats.Cpu.SystemUsage > 0);
        }
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }

    [Fact]
    public async Task A_health_check_changes_the_state()
    {
        string id = await engine.StartAsync("sleep 60", request => request.Healthcheck = new HealthConfig { Test = ["CMD-SHELL", "echo fine"], Interval = 100_000_000 });
        for (int tries = 0; tries < 100 && engine.Engine.Inspect.Run(id, false).State.Health!.Status != "healthy"; tries++)
            await Task.Delay(50);
        Health health = engine.Engine.Inspect.Run(id, false).State.Health!;
        Assert.Equal("healthy", health.Status);
        Assert.Equal("fine\n", health.Log![^1].Output);
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }

    [Fact]
    public async Task Containers_survive_the_engine_and_their_ends_are_not_lost()
    {
        string lasting = await engine.StartAsync("i=0; while true; do echo $i; i=$((i+1)); sleep 0.01; done");
        string ending = await engine.StartAsync("sleep 0.3; exit 6");
        int pid = engine.Engine.Inspect.Run(lasting, false).State.Pid;
        Assert.Empty(await engine.RestartAsync());
        Assert.Equal(pid, engine.Engine.Inspect.Run(lasting, false).State.Pid);
        Assert.Equal(6, (await engine.Engine.Wait.Begin(ending, null).WaitAsync(TimeSpan.FromSeconds(20))).StatusCode);
        (string output, _) = await ExecAsync(lasting, new ExecCreateRequest { Cmd = ["echo", "still there"] });
        Assert.Equal("still there\n", output);
        await engine.Engine.Stop.RunAsync(lasting, "KILL", 1);
        Assert.Equal(137, engine.Engine.Inspect.Run(lasting, false).State.ExitCode);
    }

    private async Task<(string Output, int? Code)> ExecAsync(string id, ExecCreateRequest request)
    {
        (request.AttachStdout, request.AttachStderr) = (true, true);
        string exec = engine.Engine.ExecCreate.Run(id, request);
        await using ContainerStream stream = (await engine.Engine.ExecStart.RunAsync(exec, new ExecStartRequest()))!;
        string output = await EngineFixture.ReadAsync(stream);
        for (int tries = 0; tries < 100 && engine.Engine.ExecInspect.Run(exec).ExitCode is null; tries++)
            await Task.Delay(10);
        return (output, engine.Engine.ExecInspect.Run(exec).ExitCode);
    }
}
