using Tare.EngineApi.Filters;

namespace Tare.Engine.Filtering;

/// <summary>The filters "label" and "label!" of prunes.</summary>
public static class PruneLabels
{
    /// <summary>True when the labels have all that are asked for and none that are not wanted.</summary>
    public static bool Match(FilterSet filters, IReadOnlyDictionary<string, string> labels)
    {
        if (!filters.MatchesLabels("label", labels))
            return false;
        foreach (string unwanted in filters["label!"])
        {
            var one = new FilterSet();
            one.Add("label", unwanted);
            if (one.MatchesLabels("label", labels))
                return false;
        }
        return true;
    }
}
