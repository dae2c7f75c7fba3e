namespace Tare.Registry.Proxy;

/// <summary>The upstream registries whose repositories are cached here. Thread-safe.</summary>
internal sealed class ProxyCache : IDisposable
{
    private readonly List<Upstream> _upstreams;

    public ProxyCache(IEnumerable<ProxyRule> rules) =>
        // The longest prefix decides.
        _upstreams = [.. rules.OrderByDescending(rule => rule.Prefix.Length).Select(rule => new Upstream(rule))];

    /// <summary>The registry that a repository is a cache of, or null for one of our own.</summary>
    public Upstream? UpstreamOf(string repository) => _upstreams.FirstOrDefault(upstream => upstream.Covers(repository));

    public void Dispose() => _upstreams.ForEach(upstream => upstream.Dispose());
}
