using Tare.Errors;
using Tare.Images;
using Tare.Images.Remove;
using Tare.Images.Usage;

namespace Tare.Engine.Images;

/// <summary>
/// Keeps images within a number of bytes on disk: when they are above it, those that no container uses go, the ones without names first, then the
/// ones that were tagged or pulled longest ago, until the rest fits. Looks after each pull, load and commit, and now and then. Thread-safe.
/// </summary>
public sealed class ImageBudget(ImageService images, ImageUsage usage, long bytes, Action<string> log, TimeProvider? clock = null) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>What was pulled just now is about to be used.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Timer? _timer;

    /// <summary>Begins to look now and then; nothing happens without a budget.</summary>
    public void Start()
    {
        if (bytes > 0)
            _timer = new Timer(_ => Keep(), null, Interval, Interval);
    }

    /// <summary>Removes images while they are above the budget; returns the bytes freed.</summary>
    public long Keep()
    {
        if (bytes <= 0)
            return 0;
        lock (_lock)
        {
            long before = usage.Total();
            if (before <= bytes)
                return 0;
            _ = images.Store.Content.DropPartials();
            foreach (Image image in Candidates())
            {
                if (usage.Total() <= bytes)
                    break;
                if (images.RemoveUnused(image))
                    log($"image {image.RepoTags.FirstOrDefault() ?? image.Id.Short} was removed: images took more than the {bytes} bytes they may");
            }
            return before - usage.Total();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private IEnumerable<Image> Candidates() => images.Store.List()
        .Where(i => (clock ?? TimeProvider.System).GetUtcNow() - i.LastTagged > Grace)
        .OrderBy(i => i.Tags.Count > 0).ThenBy(i => i.LastTagged);
}
