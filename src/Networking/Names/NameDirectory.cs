using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;

namespace Tare.Networking.Names;

/// <summary>A network as one container sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name: "web" and "web.NAME" both resolve.</param>
/// <param name="Links">Names that this container alone has for others of the network, in lower case: alias and name.</param>
public readonly record struct VisibleNetwork(string Id, string Name, IReadOnlyDictionary<string, string>? Links = null);

/// <summary>
/// Which names lead to which endpoints, per network. The engine registers an endpoint when its container starts; views for single containers read
/// immutable snapshots. Thread-safe.
/// </summary>
public sealed class NameDirectory
{
    private readonly ConcurrentDictionary<string, ImmutableDictionary<string, Entry>> _networks = new();

    private sealed record Entry(string Primary, ImmutableArray<string> Names, ImmutableArray<IPAddress> Addresses);

    /// <summary>
    /// Makes an endpoint known in its network under names (container name first, then aliases, short id, service names), or replaces what was known.
    /// Several endpoints may share a name: it resolves to all of them.
    /// </summary>
    public void Register(string networkId, string endpointId, IReadOnlyList<string> names, IEnumerable<string?> addresses)
    {
        var entry = new Entry(names.Count > 0 ? names[0].ToLowerInvariant() : "", [.. names.Select(n => n.ToLowerInvariant())],
            [.. addresses.OfType<string>().Where(a => a.Length > 0).Select(IPAddress.Parse)]);
        _ = _networks.AddOrUpdate(networkId, _ => ImmutableDictionary<string, Entry>.Empty.Add(endpointId, entry),
            (_, known) => known.SetItem(endpointId, entry));
    }

    /// <summary>Forgets an endpoint; one that is not known is no error.</summary>
    public void Unregister(string networkId, string endpointId)
    {
        if (_networks.ContainsKey(networkId))
            _ = _networks.AddOrUpdate(networkId, _ => ImmutableDictionary<string, Entry>.Empty, (_, known) => known.Remove(endpointId));
    }

    /// <summary>Forgets a network.</summary>
    public void RemoveNetwork(string networkId) => _ = _networks.TryRemove(networkId, out _);

    /// <summary>
    /// What a container on some networks sees; <paramref name="networks"/> is asked at each query, so that connecting and disconnecting take effect at
    /// once. The container's own links come before the names that all containers of a network see.
    /// </summary>
    public INameTable View(Func<IReadOnlyList<VisibleNetwork>> networks) => new NetworkView(this, networks);

    private sealed class NetworkView(NameDirectory directory, Func<IReadOnlyList<VisibleNetwork>> networks) : INameTable
    {
        public IReadOnlyList<IPAddress>? Resolve(string name)
        {
            IReadOnlyList<VisibleNetwork> visible = networks();
            foreach (VisibleNetwork network in visible)
            {
                if (network.Links is { } links && links.TryGetValue(name, out string? target) && Resolve([network], target) is { } linked)
                    return linked;
            }
            return Resolve(visible, name);
        }

        public string? NameOf(IPAddress address)
        {
            foreach ((string id, string network, _) in networks())
            {
                if (!directory._networks.TryGetValue(id, out ImmutableDictionary<string, Entry>? entries))
                    continue;
                Entry? owner = entries.Values.FirstOrDefault(e => e.Addresses.Contains(address));
                if (owner is { Primary.Length: > 0 })
                    return $"{owner.Primary}.{network}";
            }
            return null;
        }

        private List<IPAddress>? Resolve(IEnumerable<VisibleNetwork> visible, string name)
        {
            List<IPAddress>? found = null;
            foreach ((string id, string network, _) in visible)
            {
                if (!directory._networks.TryGetValue(id, out ImmutableDictionary<string, Entry>? entries))
                    continue;
                string suffix = "." + network.ToLowerInvariant();
                string local = name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
                foreach (Entry entry in entries.Values)
                {
                    if (entry.Names.Contains(name) || entry.Names.Contains(local))
                        (found ??= []).AddRange(entry.Addresses);
                }
            }
            return found;
        }
    }
}
