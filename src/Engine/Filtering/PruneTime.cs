using Tare.EngineApi.Filters;
using Tare.Errors;

namespace Tare.Engine.Filtering;

/// <summary>The filter "until" of prunes.</summary>
public static class PruneTime
{
    /// <summary>What was made after this time stays; null without the filter.</summary>
    public static DateTimeOffset? Until(FilterSet filters) => filters["until"] switch
    {
        [] => null,
        [string text] => DateTimeOffset.UnixEpoch.AddTicks((QueryTime.ParseNanoseconds(text) ?? 0) / 100),
        _ => throw TareException.Invalid("more than one until filter specified"),
    };
}
