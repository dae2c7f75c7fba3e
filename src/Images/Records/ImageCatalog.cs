using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Tare.Errors;
using Tare.Oci;

namespace Tare.Images.Records;

/// <summary>All images and their names as of a moment; immutable, so readers need no lock. Finds an image by what a user typed.</summary>
internal sealed class ImageCatalog
{
    private readonly FrozenDictionary<Digest, Image> _byId;
    private readonly FrozenDictionary<string, Digest> _byName;
    private readonly FrozenDictionary<string, Digest> _byDigest;

    public ImageCatalog(IEnumerable<Image> images, IReadOnlyDictionary<string, Digest> names, IReadOnlyDictionary<string, Digest> digests)
    {
        ILookup<Digest, Reference> tags = names.ToLookup(n => n.Value, n => Reference.ParseBare(n.Key));
        ILookup<Digest, Reference> known = digests.ToLookup(n => n.Value, n => Reference.ParseBare(n.Key));
        _byId = images.Select(i => i with { Tags = Sorted(tags[i.Id]), Digests = Sorted(known[i.Id]) }).ToFrozenDictionary(i => i.Id);
        _byDigest = digests.Where(n => _byId.ContainsKey(n.Value)).ToFrozenDictionary(StringComparer.Ordinal);
        _byName = names.Where(n => _byId.ContainsKey(n.Value)).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public IReadOnlyList<Image> Images => _byId.Values;

    public IReadOnlyDictionary<string, Digest> Names => _byName;

    /// <summary>Names with registries' digests, and the images they mean.</summary>
    public IReadOnlyDictionary<string, Digest> Digests => _byDigest;

    public bool TryGet(Digest id, [NotNullWhen(true)] out Image? image) => _byId.TryGetValue(id, out image);

    /// <summary>A name wins over an id prefix, as in Docker; an id prefix that fits several images is InvalidArgument.</summary>
    public Image? Find(string text)
    {
        if (Digest.TryParse(text, out Digest? id) || Digest.TryFromHex(text, out id))
            return _byId.GetValueOrDefault(id) ?? _byId.Values.FirstOrDefault(i => i.Manifest.Digest == id);
        bool named = Reference.TryParse(text, defaultTag: true, out Reference? reference);
        if (named && FindNamed(reference!) is { } image)
            return image;
        if (IdPrefix(text) is { } prefix)
            return FindPrefix(prefix, text);
        // Says what is wrong with a text that is neither.
        if (!named)
            _ = Reference.Parse(text);
        return null;
    }

    /// <summary>The exact name, when the text is one that images have: removing by it unties the name only.</summary>
    public Reference? NameOf(string text) =>
        !Digest.TryParse(text, out _) && Reference.TryParse(text, defaultTag: true, out Reference? reference) && FindNamed(reference) is not null ? reference : null;

    private Image? FindNamed(Reference reference)
    {
        if (reference.Digest is { } digest)
        {
            if (_byDigest.TryGetValue($"{reference.Repository}@{digest}", out Digest? known))
                return _byId[known];
            return _byId.Values.FirstOrDefault(i => i.Manifest.Digest == digest && i.Tags.Any(t => t.Repository == reference.Repository));
        }
        return _byName.TryGetValue(reference.ToString(), out Digest? id) ? _byId[id] : null;
    }

    private static Reference[] Sorted(IEnumerable<Reference> names) => [.. names.OrderBy(n => n.ToString(), StringComparer.Ordinal)];

    private Image? FindPrefix(string prefix, string text)
    {
        List<Image> matches = [.. _byId.Values.Where(i => i.Id.Hex.StartsWith(prefix, StringComparison.Ordinal)).Take(2)];
        return matches.Count > 1
            ? throw TareException.Invalid($"image ID prefix {text} is ambiguous: more than one image matches, give more digits")
            : matches.FirstOrDefault();
    }

    private static string? IdPrefix(string text)
    {
        string hex = text.StartsWith("sha256:", StringComparison.Ordinal) ? text[7..] : text;
        return hex.Length is > 0 and <= 64 && hex.All(char.IsAsciiHexDigitLower) ? hex : null;
    }
}
