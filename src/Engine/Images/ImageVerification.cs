using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Images;
using Tare.Images.Verify;
using Tare.Oci;
using Tare.Storage.Snapshots;

namespace Tare.Engine.Images;

/// <summary>Verifies images of the store, and heals them when asked to; what containers use is never replaced. Thread-safe.</summary>
public sealed class ImageVerification
{
    private readonly ImageStore _store;
    private readonly RegistryClient _registries;

    internal ImageVerification(ImageStore store, RegistryClient registries) => (_store, _registries) = (store, registries);

    /// <summary>Verifies the named images, or all; a line for each thing that is damaged.</summary>
    public async Task<IReadOnlyList<DamageLine>> RunAsync(IReadOnlyList<string> names, bool heal, Action<string> report, CancellationToken cancel)
    {
        IReadOnlyCollection<Image> images = names.Count == 0 ? _store.List() : [.. names.Select(_store.Resolve)];
        HashSet<Digest> used = Used();
        var options = new ImageVerifyOptions { Heal = heal, Registry = name => _registries.Open(name, RegistryCredentials.Anonymous), InUse = used.Contains };
        IReadOnlyList<Damage> damages = await Task.Run(() => ImageVerify.RunAsync(_store, images, options, report, cancel), cancel);
        return [.. damages.Select(d => new DamageLine($"{d.What} {d.Name.Short} {d.Problem}", d.Healed))];
    }

    private HashSet<Digest> Used()
    {
        var used = new HashSet<Digest>();
        foreach (Digest held in _store.Snapshots.Held())
        {
            for (Digest? chain = held; chain is not null && used.Add(chain);)
                chain = _store.Snapshots.TryGet(chain, out Snapshot? snapshot) ? snapshot.Parent : null;
        }
        return used;
    }
}

/// <summary>Something damaged, in words, and whether it was healed.</summary>
public sealed record DamageLine(string Text, bool Healed);
