using Tare.Engine.Containers.State;

namespace Tare.Tests.Kernel.Engine;

/// <summary>What an engine that was killed in the middle of something has left is finished or undone by the next.</summary>
public sealed class CutOffTests(EngineFixture engine) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task A_create_that_was_cut_off_is_gone_with_its_volume()
    {
        string id = await engine.CreateAsync("true");
        string volume = engine.Engine.Context.Store.Get(id).Record.Mounts.Single().Source;
        Directory.Delete(engine.Engine.Context.Paths.Work(id), recursive: true);
        Assert.Empty(await engine.RestartAsync());
        Assert.False(engine.Engine.Context.Store.TryGet(id, out _));
        Assert.False(Directory.Exists(engine.Engine.Context.Paths.Of(id)));
        Assert.False(Directory.Exists(volume));
    }

    [Fact]
    public async Task A_start_that_was_not_recorded_is_undone_and_can_be_done_again()
    {
        string id = await engine.StartAsync("sleep 1000");
        Container container = engine.Engine.Context.Store.Get(id);
        int pid = container.State.ProcessId;
        engine.Engine.Context.Store.Save(container, container.Record with { State = new LifecycleState.Created(ExitRecord.None) });
        Assert.Empty(await engine.RestartAsync());
        Assert.Equal("created", engine.Engine.Context.Store.Get(id).State.Status);
        Assert.False(Directory.Exists($"/proc/{pid}"));
        await engine.Engine.Start.RunAsync(id);
        Assert.Equal("running", engine.Engine.Context.Store.Get(id).State.Status);
        await engine.Engine.Remove.RunAsync(id, force: true, volumes: true);
    }
}
