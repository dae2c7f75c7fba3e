using Tare.Engine.Containers;
using Tare.Engine.Containers.Lists;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.Errors;
using Tare.Storage.Metadata;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class NameAndFilterTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-unit-").FullName;
    private readonly Database _database;
    private readonly ContainerStore _store;

    public NameAndFilterTests()
    {
        _database = Database.Open(Path.Combine(_directory, "tare.db"));
        _store = new ContainerStore(_database);
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("web", "web")]
    [InlineData("/web-1.a_b", "web-1.a_b")]
    public void Good_names_are_taken_without_their_slash(string given, string name) => Assert.Equal(name, ContainerName.Check(given));

    [Theory]
    [InlineData("a")]
    [InlineData("-web")]
    [InlineData("we b")]
    [InlineData("web/2")]
    [InlineData("wéb")]
    public void Bad_names_are_refused(string given) => Assert.Throws<TareException>(() => ContainerName.Check(given));

    [Fact]
    public void A_taken_name_is_a_conflict_in_the_words_scripts_match()
    {
        Container first = Add("web", new LifecycleState.Created(ExitRecord.None));
        TareException error = Assert.Throws<TareException>(() => _store.Reserve(ContainerName.NewId(), "web"));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Equal($"Conflict. The container name \"/web\" is already in use by container \"{first.Id}\". "
            + "You have to remove (or rename) that container to be able to reuse that name.", error.Message);
    }

    [Fact]
    public void A_container_is_found_by_id_name_and_unique_prefix()
    {
        Container web = Add("web", new LifecycleState.Created(ExitRecord.None));
        Assert.Same(web, _store.Get(web.Id));
        Assert.Same(web, _store.Get("/web"));
        Assert.Same(web, _store.Get(web.Id[..12]));
        Assert.Equal("No such container: nobody", Assert.Throws<TareException>(() => _store.Get("nobody")).Message);
    }

    [Fact]
    public void Records_and_names_are_there_again_after_a_restart()
    {
        Container web = Add("web", new LifecycleState.Exited(new ExitRecord(4, true, "x", 1, 2)));
        _store.Rename(web, "web2");
        ContainerStore again = new(_database);
        ContainerRecord record = again.Get("web2").Record;
        Assert.Equal(web.Record.State, record.State);
        Assert.Equal(["sh", "-c", "true"], record.Command);
        Assert.Equal(64 << 20, record.HostConfig.Memory);
        Assert.False(again.TryGet("web", out _));
    }

    [Theory]
    [InlineData("name", "we", true)]
    [InlineData("name", "^/web$", true)]
    [InlineData("name", "^eb", false)]
    [InlineData("status", "exited", true)]
    [InlineData("status", "running", false)]
    [InlineData("exited", "4", true)]
    [InlineData("exited", "0", false)]
    [InlineData("label", "a=b", true)]
    [InlineData("label", "a", true)]
    [InlineData("label", "a=c", false)]
    [InlineData("ancestor", "image:latest", true)]
    [InlineData("expose", "80", true)]
    [InlineData("expose", "70-90/tcp", true)]
    [InlineData("expose", "80/udp", false)]
    [InlineData("volume", "/data", true)]
    [InlineData("health", "none", true)]
    public void Filters_match_as_in_docker(string key, string value, bool matches)
    {
        Container web = Add("web", new LifecycleState.Exited(new ExitRecord(4, false, "", 1, 2)));
        FilterSet filters = new();
        filters.Add(key, value);
        Assert.Equal(matches, new ContainerFilter(filters, _store, _ => null).Matches(web));
    }

    [Theory]
    [InlineData("color", "red")]
    [InlineData("status", "sleeping")]
    [InlineData("exited", "x")]
    [InlineData("name", "(")]
    public void Filters_that_make_no_sense_are_refused(string key, string value)
    {
        FilterSet filters = new();
        filters.Add(key, value);
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => new ContainerFilter(filters, _store, _ => null)).Kind);
    }

    [Fact]
    public void Detach_keys_are_found_in_pieces_and_other_input_passes()
    {
        DetachKeys keys = DetachKeys.Parse("");
        Assert.Equal((byte[])[1, 2], keys.Scan(new byte[] { 1, 2 }).Pass.ToArray());
        Assert.Empty(keys.Scan(new byte[] { 16 }).Pass.ToArray());
        Assert.Equal((byte[])[16, 65], keys.Scan(new byte[] { 65 }).Pass.ToArray());
        (ReadOnlyMemory<byte> pass, bool detach) = keys.Scan(new byte[] { 66, 16, 17, 67 });
        Assert.True(detach);
        Assert.Equal((byte[])[66], pass.ToArray());
    }

    [Fact]
    public void The_restart_delay_doubles_to_a_minute_and_begins_again_after_a_long_run()
    {
        TimeSpan delay = TimeSpan.Zero;
        List<double> delays = [];
        for (int i = 0; i < 12; i++)
            delays.Add((delay = RestartDecision.Delay(delay, TimeSpan.Zero)).TotalMilliseconds);
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000], delays);
        Assert.Equal(100, RestartDecision.Delay(delay, TimeSpan.FromSeconds(10)).TotalMilliseconds);
    }

    private Container Add(string name, LifecycleState state)
    {
        string id = ContainerName.NewId();
        return _store.Add(new ContainerRecord
        {
            Id = id,
            Name = _store.Reserve(id, name),
            CreatedAt = 5,
            ImageId = "sha256:0",
            Config = new ContainerConfig
            {
                Image = "image:latest",
                Cmd = ["sh", "-c", "true"],
                Labels = new() { ["a"] = "b" },
                ExposedPorts = new() { ["80/tcp"] = new() },
            },
            HostConfig = new HostConfig { Memory = 64 << 20 },
            Mounts = [new MountRecord { Kind = MountKind.Volume, Destination = "/data", VolumeName = "vol" }],
            State = state,
        });
    }
}
