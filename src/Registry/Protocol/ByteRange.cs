using System.Globalization;

namespace Tare.Registry.Protocol;

/// <summary>What a Range header asks of a content (RFC 9110, section 14): nothing usable, one range, or one that cannot be had.</summary>
internal readonly record struct ByteRange(bool IsPartial, bool IsUnsatisfiable, long Offset, long Length)
{
    /// <summary>Reads a header. Several ranges, other units and malformed texts are ignored, which the RFC allows: the whole content is the answer.</summary>
    public static ByteRange Of(string? header, long size)
    {
        var whole = new ByteRange(false, false, 0, size);
        if (header is null || !header.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            return whole;
        ReadOnlySpan<char> text = header.AsSpan(6).Trim();
        int dash = text.IndexOf('-');
        if (dash < 0 || text.Contains(','))
            return whole;
        bool hasFirst = long.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out long first);
        bool hasLast = long.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long last);
        if (dash > 0 && !hasFirst || dash < text.Length - 1 && !hasLast || (!hasFirst && !hasLast))
            return whole;
        if (!hasFirst)
            return last == 0 || size == 0 ? new(false, true, 0, 0) : new(true, false, Math.Max(0, size - last), Math.Min(last, size));
        if (first >= size || (hasLast && last < first))
            return new(false, true, 0, 0);
        return new(true, false, first, (hasLast ? Math.Min(last, size - 1) : size - 1) - first + 1);
    }

    /// <summary>The specification's form of a chunk's Content-Range: "first-last", without a unit; also with "bytes " as some clients send.</summary>
    public static bool TryParseChunk(string text, out long first, out long last)
    {
        first = last = 0;
        ReadOnlySpan<char> range = text.AsSpan().Trim();
        if (range.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase))
            range = range[6..];
        if (range.IndexOf('/') is var slash and >= 0)
            range = range[..slash];
        int dash = range.IndexOf('-');
        return dash > 0
            && long.TryParse(range[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && long.TryParse(range[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out last)
            && last >= first;
    }
}
