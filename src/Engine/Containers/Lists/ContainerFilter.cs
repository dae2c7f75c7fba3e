using System.Globalization;
using System.Text.RegularExpressions;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Filters;
using Tare.Errors;

namespace Tare.Engine.Containers.Lists;

/// <summary>The filters of docker ps, checked once and then applied to records. Several values of a key mean any, except labels: all.</summary>
internal sealed class ContainerFilter
{
    private static readonly string[] Keys =
    [
        "ancestor", "before", "expose", "exited", "health", "id", "is-task", "isolation", "label", "name", "network", "publish", "since", "status", "volume",
    ];

    private static readonly string[] Statuses = ["created", "restarting", "running", "removing", "paused", "exited", "dead"];
    private readonly FilterSet _filters;
    private readonly ContainerStore _store;
    private readonly List<Regex> _names = [];
    private readonly List<int> _exitCodes = [];
    private readonly HashSet<string> _ancestors = [];
    private readonly long? _before;
    private readonly long? _since;

    internal ContainerFilter(FilterSet filters, ContainerStore store, Func<string, string?> findImage)
    {
        (_filters, _store) = (filters, store);
        if (filters.FirstUnknownKey(Keys) is { } unknown)
            throw TareException.Invalid($"invalid filter '{unknown}'");
        foreach (string status in filters["status"])
        {
            if (!Statuses.Contains(status))
                throw TareException.Invalid($"invalid filter 'status={status}'");
        }
        foreach (string health in filters["health"])
        {
            if (health is not ("none" or "starting" or "healthy" or "unhealthy"))
                throw TareException.Invalid($"invalid filter 'health={health}'");
        }
        foreach (string code in filters["exited"])
        {
            _exitCodes.Add(int.TryParse(code, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                ? number : throw TareException.Invalid($"invalid filter 'exited={code}'"));
        }
        foreach (string name in filters["name"])
            _names.Add(ParseName(name));
        foreach (string port in filters["publish"].Concat(filters["expose"]))
            _ = PortRange.Parse(port);
        foreach (string image in filters["ancestor"])
            _ = _ancestors.Add(findImage(image) ?? image);
        _before = filters["before"] is [.., { } before] ? store.Get(before).Record.CreatedAt : null;
        _since = filters["since"] is [.., { } since] ? store.Get(since).Record.CreatedAt : null;
    }

    /// <summary>A status, exit code or health filter looks at stopped containers too.</summary>
    internal bool LooksAtAll => _filters.Has("status") || _filters.Has("exited");

    internal bool Matches(Container container)
    {
        ContainerRecord record = container.Record;
        return MatchesNames(record) && MatchesState(record, container) && MatchesAncestor(record) && MatchesPorts(record)
            && _filters.MatchesLabels("label", record.Config.Labels)
            && Any("id", id => record.Id.StartsWith(id, StringComparison.Ordinal))
            && Any("network", n => record.Endpoints.Any(e => e.Key == n || (e.Value.NetworkID.Length > 0 && e.Value.NetworkID.StartsWith(n, StringComparison.Ordinal))))
            && Any("volume", v => record.Mounts.Any(m => m.VolumeName == v || m.Destination == v || (m.Source.Length > 0 && m.Source == v)))
            && Any("is-task", value => value is "false" or "0")
            && (_before is null || record.CreatedAt < _before) && (_since is null || record.CreatedAt > _since);
    }

    private bool MatchesNames(ContainerRecord record) =>
        _names.Count == 0 || _names.Any(name => name.IsMatch("/" + record.Name) || name.IsMatch(record.Name));

    private bool MatchesState(ContainerRecord record, Container container) =>
        _filters.Matches("status", record.State.Status)
        && (_exitCodes.Count == 0 || (record.State is LifecycleState.Exited && _exitCodes.Contains(record.State.Last.Code)))
        && _filters.Matches("health", container.Health?.Status ?? "none");

    private bool MatchesAncestor(ContainerRecord record) =>
        _ancestors.Count == 0 || _ancestors.Contains(record.ImageId) || _ancestors.Contains(record.Config.Image);

    private bool MatchesPorts(ContainerRecord record) =>
        Any("publish", port => record.Ports.Any(p => p.Value is { Count: > 0 } && PortRange.Parse(port).Contains(p.Key)))
        && Any("expose", port => (record.Config.ExposedPorts ?? []).Keys.Any(p => PortRange.Parse(port).Contains(p)));

    private bool Any(string key, Func<string, bool> matches) => !_filters.Has(key) || _filters[key].Any(matches);

    private static Regex ParseName(string pattern)
    {
        try
        {
            // NonBacktracking: the pattern comes from a client.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw TareException.Invalid($"invalid filter 'name={pattern}'", error);
        }
    }
}
