using Tare.Tests.EndToEnd.Torture;

namespace Tare.Tests.EndToEnd;

/// <summary>Lists of containers while these change.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class ListTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;
    private readonly string _suffix = Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public async Task A_list_is_whole_while_containers_come_and_go()
    {
        using Api api = new(_engine.SocketPath);
        using CancellationTokenSource stop = new();
        Task<List<string>>[] readers = [.. new[] { "/containers/json?all=1", "/containers/json?all=1&size=1", "/system/df" }.Select(path => Task.Run(async () =>
        {
            List<string> failures = [];
            while (!stop.IsCancellationRequested)
            {
                Answer answer = await api.GetAsync(path);
                if (!answer.Ok)
                    failures.Add($"{path}: {answer.Status} {answer.Body}");
                else
                    _ = answer.Json;
            }
            return failures;
        }))];
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (i, _) =>
        {
            string name = $"list{i}{_suffix}";
            Answer made = await api.PostAsync($"/containers/create?name={name}", new { Image = "busybox", Cmd = new[] { "sh", "-c", "mkdir -p /a/b/c; sleep 100" } });
            Assert.True(made.Ok, made.Body);
            if (i % 3 == 0)
                Assert.True((await api.PostAsync($"/containers/{name}/start")).Ok);
            Answer removed = await api.DeleteAsync($"/containers/{name}?force=1&v=1");
            Assert.True(removed.Ok, removed.Body);
        });
        await stop.CancelAsync();
        Assert.Empty((await Task.WhenAll(readers)).SelectMany(failures => failures));
    }

    [Fact]
    public void Each_container_is_listed_with_the_names_that_links_give_it()
    {
        (string db, string app, string other) = ("db" + _suffix, "app" + _suffix, "other" + _suffix);
        _engine.Tare("run", "-d", "--name", db, "busybox", "sleep", "100").Ok();
        _engine.Tare("create", "--name", app, "--link", $"{db}:base", "busybox", "true").Ok();
        _engine.Tare("create", "--name", other, "--link", $"{db}:again", "busybox", "true").Ok();
        Assert.Equal($"{db},{app}/base,{other}/again", _engine.Tare("ps", "-a", "--no-trunc", "--filter", $"name=^/{db}$", "--format", "{{.Names}}").Ok().Trim());
        Assert.Equal(app, _engine.Tare("ps", "-a", "--no-trunc", "--filter", $"name=^/{app}$", "--format", "{{.Names}}").Ok().Trim());
        _engine.Tare("rm", "-f", app, other, db).Ok();
    }
}
