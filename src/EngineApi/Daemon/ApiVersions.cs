namespace Tare.EngineApi.Daemon;

/// <summary>The versions of the API that are spoken, and the header and path names around them.</summary>
public static class ApiVersions
{
    /// <summary>Newest version understood.</summary>
    public const string Maximum = "1.55";

    /// <summary>Oldest version understood.</summary>
    public const string Minimum = "1.24";

    /// <summary>Path of the one call that works without a version.</summary>
    public const string PingPath = "/_ping";

    /// <summary>Reads "1.47" or "v1.47" as 1047, so that versions compare as numbers.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out int version)
    {
        version = 0;
        if (text.StartsWith("v", StringComparison.Ordinal))
            text = text[1..];
        int dot = text.IndexOf('.');
        if (dot < 1 || !int.TryParse(text[..dot], out int major) || !int.TryParse(text[(dot + 1)..], out int minor) || minor is < 0 or > 999 || major < 0)
            return false;
        version = (major * 1000) + minor;
        return true;
    }
}
