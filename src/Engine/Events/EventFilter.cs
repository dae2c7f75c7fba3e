using Tare.EngineApi.Filters;

namespace Tare.Engine.Events;

/// <summary>Decides whether an event passes the filters of GET /events: any value of a key, all keys.</summary>
public sealed class EventFilter(FilterSet filters)
{
    /// <summary>The keys that events can be filtered by.</summary>
    public static readonly string[] Keys =
        ["config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret", "service", "type", "volume"];

    private static readonly string[] ActorKeys = ["config", "container", "daemon", "image", "network", "node", "plugin", "secret", "service", "volume"];

    /// <summary>True when the event passes.</summary>
    public bool Matches(EngineEvent happened) =>
        MatchesAction(happened.Action)
        && filters.Matches("type", happened.Type)
        && filters.Matches("scope", "local")
        && filters.MatchesLabels("label", happened.Attributes)
        && MatchesActor(happened);

    private bool MatchesAction(string action)
    {
        if (!filters.Has("event"))
            return true;
        // "exec_start: sh" is an exec_start, "health_status: healthy" a health_status.
        int colon = action.IndexOf(':', StringComparison.Ordinal);
        return filters.Matches("event", action) || (colon > 0 && filters.Matches("event", action[..colon]));
    }

    private bool MatchesActor(EngineEvent happened)
    {
        foreach (string key in ActorKeys)
        {
            if (filters.Has(key) && !Names(key, happened))
                return false;
        }
        return true;
    }

    private bool Names(string key, EngineEvent happened)
    {
        IReadOnlyList<string> wanted = filters[key];
        if (key == "image" && happened.Type == "container")
            return happened.Attributes.TryGetValue("image", out string? image) && wanted.Any(name => SameImage(image, name));
        if (happened.Type != key)
            return key is "container" or "network" && happened.Attributes.TryGetValue(key, out string? other) && wanted.Any(name => IsThing(other, null, name));
        _ = happened.Attributes.TryGetValue("name", out string? actorName);
        return key == "image"
            ? wanted.Any(name => happened.ActorId == name || SameImage(happened.ActorId, name) || (actorName is not null && SameImage(actorName, name)))
            : wanted.Any(name => IsThing(happened.ActorId, actorName, name));
    }

    private static bool IsThing(string id, string? actorName, string wanted) =>
        id == wanted || actorName == wanted.TrimStart('/') || (wanted.Length >= 3 && id.StartsWith(wanted, StringComparison.Ordinal));

    private static bool SameImage(string image, string wanted) => image == wanted || WithoutTag(image) == wanted;

    private static string WithoutTag(string image)
    {
        int colon = image.LastIndexOf(':');
        return colon > image.LastIndexOf('/') ? image[..colon] : image;
    }
}
