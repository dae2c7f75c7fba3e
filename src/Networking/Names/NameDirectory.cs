using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;

namespace Tare.Networking.Names;

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
    /// once. Gives id and name of each network: "web" and "web.NETWORK" both resolve.
    /// </summary>
    public INameTable View(Func<IReadOnlyList<(string Id, string Name)>> networks) => new NetworkView(this, networks);

    private sealed class NetworkView(NameDirectory directory, Func<IReadOnlyList<(string Id, string Name)>> networks) : INameTable
    {
        public IReadOnlyList<IPAddress>? Resolve(string name)
        {
            List<IPAddress>? found = null;
            foreach ((string id, string network) in networks())
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

        public string? NameOf(IPAddress address)
        {
            foreach ((string id, string network) in networks())
            {
                if (!directory._networks.TryGetValue(id, out ImmutableDictionary<string, Entry>? entries))
                    continue;
                Entry? owner = entries.Values.FirstOrDefault(e => e.Addresses.Contains(address));
                if (owner is { Primary.Length: > 0 })
                    return $"{owner.Primary}.{network}";
            }
            return null;
        }
    }
}
