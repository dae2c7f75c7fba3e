using System.Security.Cryptography;
using Tare.Archive.Tar;
using Tare.Engine.Containers.State;
using Tare.Engine.Events;
using Tare.Engine.Images;
using Tare.Images;
using Tare.Images.Make;
using Tare.Oci;

namespace Tare.Tests.Kernel.Images;

public sealed class BudgetTests : IDisposable
{
    private readonly ImageStoreFixture _fixture = new();
    private readonly EventBus _events = new();
    private readonly List<string> _log = [];
    private readonly ImageService _images;

    public BudgetTests() => _images = new ImageService(_fixture.Store, new ContainerStore(_fixture.Database), _events);

    public void Dispose()
    {
        _events.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Above_the_budget_the_images_without_a_name_go_first_and_then_the_oldest_until_the_rest_fits()
    {
        Image nameless = await AddAsync("nameless:1");
        foreach (string name in (string[])["old:1", "middle:1", "new:1"])
            _ = await AddAsync(name);
        // Its name goes to another image, which has two then.
        _ = _fixture.Store.Tag(_fixture.Store.Resolve("old:1").Id, Reference.Parse("nameless:1"));
        _ = _fixture.Store.Tag(_fixture.Store.Resolve("middle:1").Id, Reference.Parse("middle:1"));
        _ = _fixture.Store.Tag(_fixture.Store.Resolve("new:1").Id, Reference.Parse("new:1"));

        long each = _images.LayersSize() / 4;
        Assert.Equal(0, Budget(each * 5).Keep());
        Assert.Equal(4, _fixture.Store.List().Count);
        Assert.InRange(Budget((each * 3) + (each / 2)).Keep(), each - 100_000, each + 100_000);
        Assert.False(_fixture.Store.TryGet(nameless.Id, out _));
        _ = Budget((each * 2) + (each / 2)).Keep();
        Assert.Equal(["middle:1", "new:1"], _fixture.Store.List().SelectMany(i => i.RepoTags).Order(StringComparer.Ordinal));
        Assert.Equal(2, _log.Count);
        Assert.Contains(nameless.Id.Short, _log[0], StringComparison.Ordinal);
        Assert.Contains("nameless:1", _log[1], StringComparison.Ordinal);
        Assert.True(_images.LayersSize() <= (each * 2) + (each / 2));
    }

    [Fact]
    public async Task What_was_pulled_just_now_stays_although_images_are_above_the_budget()
    {
        _ = await AddAsync("fresh:1");
        Assert.Equal(0, new ImageBudget(_images, _images.Space, 1, _log.Add).Keep());
        Assert.Single(_fixture.Store.List());
        _ = Budget(1).Keep();
        Assert.Empty(_fixture.Store.List());
        Assert.Empty(_fixture.Store.Content.All());
        Assert.Empty(_fixture.Store.Snapshots.All());
    }

    private ImageBudget Budget(long bytes) => new(_images, _images.Space, bytes, _log.Add, new Later());

    private async Task<Image> AddAsync(string name)
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteFile("f", RandomNumberGenerator.GetBytes(1_000_000));
        writer.End();
        stream.Position = 0;
        return await ImageImport.ImportAsync(_fixture.Store, stream, new ImageImportOptions { Reference = Reference.Parse(name) });
    }

    /// <summary>Two minutes on, so that nothing is new any more.</summary>
    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow.AddMinutes(2);
    }
}
