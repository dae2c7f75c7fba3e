using Tare.Cgroups;
using Tare.Engine.Containers;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Tests.Kernel.Engine;

/// <summary>What containers started by the engine's verbs see and do.</summary>
public sealed class ContainerRunTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task Output_and_exit_code_come_back()
    {
        (string output, long code) = await engine.RunAsync("echo out; echo err >&2; exit 3");
        Assert.Contains("out\n", output);
        Assert.Contains("err\n", output);
        Assert.Equal(3, code);
    }

    [Fact]
    public async Task A_named_user_has_its_groups_and_home()
    {
        (string output, _) = await engine.RunAsync("id; echo $HOME", request => request.User = "ann");
        Assert.Contains("uid=1000(ann) gid=1001(ann) groups=", output);
        Assert.Contains("50(staff)", output);
        Assert.Contains("/home/ann", output);
    }

    [Fact]
    public async Task The_environment_has_defaults_the_images_and_the_requests()
    {
        (string output, _) = await engine.RunAsync("env; hostname", request => (request.Env, request.Hostname) = (["A=1", "B=x=y"], "named"));
        Assert.Contains("PATH=/bin\n", output);
        Assert.Contains("HOSTNAME=named\n", output);
        Assert.Contains("A=1\n", output);
        Assert.Contains("B=x=y\n", output);
        Assert.EndsWith("named\n", output);
    }

    [Fact]
    public async Task An_anonymous_volume_begins_with_the_images_files_and_goes_with_the_container()
    {
        int before = engine.Volumes.List(new EngineApi.Filters.FilterSet()).Volumes.Count;
        (string output, _) = await engine.RunAsync("cat /data/seed; stat -c %u /data/seed; echo more > /data/more; ls /data");
        Assert.Equal("from the image\n1000\nmore\nseed\n", output);
        Assert.Equal(before, engine.Volumes.List(new EngineApi.Filters.FilterSet()).Volumes.Count);
    }

    [Fact]
    public async Task A_named_volume_keeps_what_was_written()
    {
        void UseVolume(CreateRequest request) => request.HostConfig!.Binds = ["kept:/data"];
        _ = await engine.RunAsync("echo kept > /data/file", UseVolume);
        (string output, _) = await engine.RunAsync("cat /data/file", UseVolume);
        Assert.Equal("kept\n", output);
        engine.Volumes.Remove("kept", force: false);
    }

    [Fact]
    public async Task Limits_are_in_the_cgroup()
    {
        (string output, _) = await engine.RunAsync("cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true",
            request => (request.HostConfig!.Memory, request.HostConfig.PidsLimit) = (64 << 20, 20));
        Assert.Contains((64 << 20).ToString(), output);
    }

    [Fact]
    public async Task A_container_out_of_memory_says_so()
    {
        string id = await engine.StartAsync("head -c 100000000 /dev/zero | tail", request => request.HostConfig!.Memory = 8 << 20);
        await engine.Engine.Wait.Begin(id, null).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(engine.Engine.Inspect.Run(id, false).State.OOMKilled);
        await engine.Engine.Remove.RunAsync(id, false, true);
    }

    [Fact]
    public async Task A_missing_command_leaves_a_container_with_127_and_nothing_in_the_kernel()
    {
        string id = await engine.CreateAsync("", request => request.Cmd = ["nosuch"]);
        TareException error = await Assert.ThrowsAsync<TareException>(() => engine.Engine.Start.RunAsync(id));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("executable file not found in $PATH", error.Message);
        ContainerInspect inspect = engine.Engine.Inspect.Run(id, false);
        Assert.Equal(("created", 127), (inspect.State.Status, inspect.State.ExitCode));
        Assert.DoesNotContain(id, ContainerCgroup.List(engine.Engine.Context.Cgroups, engine.Engine.Context.CgroupParent));
        await engine.Engine.Remove.RunAsync(id, false, true);
        Assert.False(Directory.Exists(engine.Engine.Context.Paths.Of(id)));
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_126()
    {
        string id = await engine.CreateAsync("", request => request.Cmd = ["/bin/not-a-program"]);
        TareException error = await Assert.ThrowsAsync<TareException>(() => engine.Engine.Start.RunAsync(id));
        Assert.Contains("permission denied", error.Message);
        Assert.Equal(126, engine.Engine.Inspect.Run(id, false).State.ExitCode);
    }

    [Fact]
    public async Task A_read_only_root_with_a_tmpfs_can_be_written_there_only()
    {
        (string output, _) = await engine.RunAsync("touch /x || echo refused; touch /scratch/x && echo written",
            request => (request.HostConfig!.ReadonlyRootfs, request.HostConfig.Tmpfs) = (true, new() { ["/scratch"] = "size=1m" }));
        Assert.Contains("refused", output);
        Assert.Contains("written", output);
    }

    [Fact]
    public async Task With_rm_everything_is_gone_when_removed_is_announced()
    {
        string id = await engine.CreateAsync("true", request => request.HostConfig!.AutoRemove = true);
        Task<WaitResponse> removed = engine.Engine.Wait.Begin(id, "removed");
        await engine.Engine.Start.RunAsync(id);
        Assert.Equal(0, (await removed.WaitAsync(TimeSpan.FromSeconds(20))).StatusCode);
        Assert.False(Directory.Exists(engine.Engine.Context.Paths.Of(id)));
        Assert.DoesNotContain(id, ContainerCgroup.List(engine.Engine.Context.Cgroups, engine.Engine.Context.CgroupParent));
        Assert.Throws<TareException>(() => engine.Engine.Inspect.Run(id, false));
    }

    [Fact]
    public async Task Stop_sends_the_stop_signal_and_kill_is_the_last_resort()
    {
        string willing = await engine.StartAsync("trap 'exit 9' TERM; while true; do sleep 0.05; done");
        await Task.Delay(200);
        await engine.Engine.Stop.RunAsync(willing, null, 10);
        Assert.Equal(9, engine.Engine.Inspect.Run(willing, false).State.ExitCode);
        string deaf = await engine.StartAsync("trap '' TERM; while true; do sleep 0.05; done");
        await Task.Delay(200);
        await engine.Engine.Stop.RunAsync(deaf, null, 0);
        Assert.Equal(137, engine.Engine.Inspect.Run(deaf, false).State.ExitCode);
        Assert.Equal(ErrorKind.NotModified, (await Assert.ThrowsAsync<TareException>(() => engine.Engine.Stop.RunAsync(deaf, null, 0))).Kind);
    }

    [Fact]
    public async Task A_paused_container_stands_still_and_goes_on()
    {
        string id = await engine.StartAsync("while true; do echo tick; sleep 0.01; done");
        await engine.Engine.Pause.PauseAsync(id);
        Assert.Equal("paused", engine.Engine.Inspect.Run(id, false).State.Status);
        string before = await engine.LogsAsync(id, new() { Stdout = true });
        await Task.Delay(100);
        Assert.Equal(before, await engine.LogsAsync(id, new() { Stdout = true }));
        await engine.Engine.Pause.UnpauseAsync(id);
        await Task.Delay(200);
        Assert.NotEqual(before, await engine.LogsAsync(id, new() { Stdout = true }));
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }

    [Fact]
    public async Task On_failure_is_tried_again_as_often_as_asked()
    {
        string id = await engine.StartAsync("exit 1", request => request.HostConfig!.RestartPolicy = new RestartPolicy { Name = "on-failure", MaximumRetryCount = 2 });
        await engine.Engine.Wait.Begin(id, null).WaitAsync(TimeSpan.FromSeconds(20));
        ContainerInspect inspect = engine.Engine.Inspect.Run(id, false);
        Assert.Equal(("exited", 2, 1), (inspect.State.Status, inspect.RestartCount, inspect.State.ExitCode));
    }

    [Fact]
    public async Task Input_that_holds_the_detach_keys_passes_unless_there_is_a_terminal()
    {
        string id = await engine.CreateAsync("wc -c", request => (request.OpenStdin, request.StdinOnce) = (true, true));
        await using ContainerStream stream = await engine.Engine.Attach.OpenAsync(id, new AttachOptions { Stream = true, Stdin = true, Stdout = true });
        await engine.Engine.Start.RunAsync(id);
        using MemoryStream output = new();
        await stream.PumpAsync(new MemoryStream([65, 16, 17, 66]), output, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.EndsWith("4\n", System.Text.Encoding.UTF8.GetString(output.ToArray()));
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }

    [Fact]
    public async Task Another_container_can_be_joined()
    {
        string first = await engine.StartAsync("hostname; sleep 30");
        (string output, _) = await engine.RunAsync("ps", request => request.HostConfig!.PidMode = "container:" + first);
        Assert.Contains("sleep 30", output);
        await engine.Engine.Remove.RunAsync(first, force: true, volumes: true);
    }
}
