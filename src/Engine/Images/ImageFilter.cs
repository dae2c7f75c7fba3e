using System.IO.Enumeration;
using Tare.EngineApi.Filters;
using Tare.Errors;
using Tare.Images;
using Tare.Oci;

namespace Tare.Engine.Images;

/// <summary>The filters of GET /images/json: before, since, until, dangling, label, reference. Made for one request.</summary>
internal sealed class ImageFilter
{
    /// <summary>The keys that images can be filtered by.</summary>
    public static readonly string[] Keys = ["before", "dangling", "label", "label!", "reference", "since", "until"];

    private readonly FilterSet _filters;
    private readonly DateTimeOffset? _before;
    private readonly DateTimeOffset? _since;
    private readonly DateTimeOffset? _until;
    private readonly bool? _dangling;

    public ImageFilter(FilterSet filters, ImageStore store)
    {
        _filters = filters;
        _before = filters.Has("before") ? store.Resolve(filters["before"][0]).Created : null;
        _since = filters.Has("since") ? store.Resolve(filters["since"][0]).Created : null;
        _until = Filtering.PruneTime.Until(filters);
        _dangling = filters["dangling"] switch
        {
            [] => null,
            ["1" or "true" or "True"] => true,
            ["0" or "false" or "False"] => false,
            { } other => throw TareException.Invalid($"invalid filter 'dangling=[{string.Join(' ', other)}]'"),
        };
    }

    /// <summary>True when the image passes; names that are not asked for are then left out by <see cref="Names"/>.</summary>
    public bool Matches(Image image) =>
        (_before is null || image.Created < _before)
        && (_since is null || image.Created > _since)
        && (_until is null || image.Created <= _until)
        && (_dangling is null || _dangling == (image.Tags.Count == 0))
        && Filtering.PruneLabels.Match(_filters, image.Config.Config?.Labels ?? [])
        && (!_filters.Has("reference") || image.Tags.Any(IsWanted));

    /// <summary>The names that pass the filter "reference".</summary>
    public Image Names(Image image) => _filters.Has("reference") ? image with { Tags = [.. image.Tags.Where(IsWanted)] } : image;

    private bool IsWanted(Reference name) => _filters["reference"].Any(pattern =>
        Matches(pattern, name.Familiar) || Matches(pattern, name.FamiliarRepository) || Matches(pattern, name.ToString()) || Matches(pattern, name.Repository));

    /// <summary>Shell patterns, in which a star does not cross a slash.</summary>
    private static bool Matches(string pattern, string name)
    {
        string[] patterns = pattern.Split('/');
        string[] parts = name.Split('/');
        return patterns.Length == parts.Length
            && patterns.Zip(parts).All(pair => FileSystemName.MatchesSimpleExpression(pair.First, pair.Second, ignoreCase: false));
    }
}
