using Tare.Engine.Containers.Roles;
using Tare.Engine.Events;
using Tare.Engine.Volumes;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Volumes;
using Tare.Errors;
using Tare.Storage.Metadata;

namespace Tare.Tests.Unit.Engine;

public sealed class VolumeServiceTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-volumes-").FullName;
    private readonly Dictionary<string, string[]> _users = [];
    private readonly EventBus _events = new();
    private Database _database;
    private VolumeService _volumes;

    public VolumeServiceTests() => (_database, _volumes) = Open();

    [Fact]
    public void A_created_volume_has_a_directory_and_survives_a_restart_of_the_engine()
    {
        Volume made = _volumes.Create(new VolumeCreateRequest { Name = "data", Labels = new() { ["a"] = "b" } });
        Assert.True(Directory.Exists(made.Mountpoint));
        File.WriteAllText(Path.Combine(made.Mountpoint, "file"), "kept");
        _database.Dispose();
        (_database, _volumes) = Open();

        Volume found = _volumes.Inspect("data");
        Assert.Equal("b", found.Labels!["a"]);
        Assert.Equal(made.CreatedAt, found.CreatedAt);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(found.Mountpoint, "file")));
        Assert.Equal(made.Name, _volumes.Create(new VolumeCreateRequest { Name = "data" }).Name);
    }

    [Fact]
    public async Task A_volume_of_a_container_that_was_never_made_is_gone_after_a_crash_and_a_missing_directory_is_made()
    {
        ContainerVolume orphan = await _volumes.EnsureAsync(null, null, null, "gone");
        ContainerVolume left = await _volumes.EnsureAsync(null, null, null, "removed");
        await _volumes.LeaveAsync(left.Name);
        ContainerVolume used = await _volumes.EnsureAsync(null, null, null, "c1");
        Volume named = _volumes.Create(new VolumeCreateRequest { Name = "data" });
        Directory.Delete(Path.GetDirectoryName(named.Mountpoint)!, recursive: true);
        _database.Dispose();
        (_database, _volumes) = Open();
        _volumes.Recover(id => id == "c1");

        Assert.Equal(new[] { "data", left.Name, used.Name }.Order(StringComparer.Ordinal), _volumes.List(new FilterSet()).Volumes!.Select(v => v.Name).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(orphan.MountPoint));
        Assert.True(Directory.Exists(named.Mountpoint));
    }

    [Fact]
    public void A_volume_in_use_is_not_removed_and_an_unused_one_goes_with_its_data()
    {
        Volume made = _volumes.Create(new VolumeCreateRequest { Name = "data" });
        // A link out of the volume must not lead the removal astray.
        string outside = Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "precious"), "");
        _ = File.CreateSymbolicLink(Path.Combine(made.Mountpoint, "link"), outside);
        _users["data"] = ["c1"];
        TareException error = Assert.Throws<TareException>(() => _volumes.Remove("data", force: true));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Equal("remove data: volume is in use - [c1]", error.Message);
        Assert.True(Directory.Exists(made.Mountpoint));

        _users.Clear();
        _volumes.Remove("data", force: false);
        Assert.False(Directory.Exists(Path.GetDirectoryName(made.Mountpoint)));
        Assert.True(File.Exists(Path.Combine(outside, "precious")));
        Assert.Equal("get data: no such volume", Assert.Throws<TareException>(() => _volumes.Inspect("data")).Message);
        _volumes.Remove("data", force: true);
    }

    [Fact]
    public async Task Prune_takes_anonymous_volumes_and_named_ones_only_when_asked_for_all()
    {
        ContainerVolume anonymous = await _volumes.EnsureAsync(null, null, null, "c1");
        _ = _volumes.Create(new VolumeCreateRequest { Name = "named" });
        _ = _volumes.Create(new VolumeCreateRequest { Name = "used" });
        _users["used"] = ["c1"];

        Assert.Equal([anonymous.Name], _volumes.Prune(new FilterSet()).VolumesDeleted);
        var all = new FilterSet();
        all.Add("all", "true");
        Assert.Equal(["named"], _volumes.Prune(all).VolumesDeleted);
        Assert.Equal("used", Assert.Single(_volumes.List(new FilterSet()).Volumes).Name);
    }

    [Theory]
    [InlineData("name", "eb", "web")]
    [InlineData("label", "tier=back", "db")]
    [InlineData("dangling", "true", "web")]
    [InlineData("dangling", "false", "db")]
    [InlineData("driver", "other", null)]
    public void Lists_are_filtered(string key, string value, string? expected)
    {
        _ = _volumes.Create(new VolumeCreateRequest { Name = "web" });
        _ = _volumes.Create(new VolumeCreateRequest { Name = "db", Labels = new() { ["tier"] = "back" } });
        _users["db"] = ["c1"];
        var filters = new FilterSet();
        filters.Add(key, value);
        Assert.Equal(expected, _volumes.List(filters).Volumes.SingleOrDefault()?.Name);
    }

    [Fact]
    public void Bad_names_options_and_drivers_are_refused_and_leave_nothing()
    {
        foreach (string name in (string[])["../up", "a/b", "x", ".hidden", "ä-b"])
            Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => _volumes.Create(new VolumeCreateRequest { Name = name })).Kind);
        _ = Assert.Throws<TareException>(() => _volumes.Create(new VolumeCreateRequest { Name = "ok", Driver = "other" }));
        _ = Assert.Throws<TareException>(() => _volumes.Create(new VolumeCreateRequest { Name = "ok", DriverOpts = new() { ["colour"] = "red" } }));
        _ = Assert.Throws<TareException>(() => _volumes.Create(new VolumeCreateRequest { Name = "ok", DriverOpts = new() { ["type"] = "tmpfs" } }));
        Assert.Empty(_volumes.List(new FilterSet()).Volumes);
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private (Database, VolumeService) Open()
    {
        var database = Database.Open(Path.Combine(_root, "tare.db"));
        return (database, new VolumeService(database, Path.Combine(_root, "volumes"), _events, name => _users.GetValueOrDefault(name, [])));
    }
}
