using System.Globalization;

namespace Tare.Images;

/// <summary>Times in image documents. Pure.</summary>
internal static class Rfc3339
{
    /// <summary>The time, or the epoch when there is none that can be read.</summary>
    public static DateTimeOffset Parse(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : DateTimeOffset.UnixEpoch;

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
