using Tare.EngineApi.Daemon;
using Tare.Errors;

namespace Tare.EngineApi.Server.Protocol;

/// <summary>Reads the version prefix of a path and refuses versions that are not spoken.</summary>
internal static class ApiVersion
{
    /// <summary>What a path without a version gets.</summary>
    public static readonly int Newest = Number(ApiVersions.Maximum);

    private static readonly int Oldest = Number(ApiVersions.Minimum);

    /// <summary>
    /// Splits "/v1.47/info" into 1047 and "/info". A path without a version is the newest's.
    /// Throws <see cref="ErrorKind.InvalidArgument"/> for a version out of range, with the sentences clients know.
    /// </summary>
    public static int Split(ref ReadOnlySpan<char> path)
    {
        if (path.Length < 3 || path[0] != '/' || path[1] != 'v' || !char.IsAsciiDigit(path[2]))
            return Newest;
        int end = path[1..].IndexOf('/') + 1;
        ReadOnlySpan<char> text = end == 0 ? path[2..] : path[2..end];
        if (!ApiVersions.TryParse(text, out int version))
            return Newest;
        if (version < Oldest)
        {
            throw TareException.Invalid(
                $"client version {text} is too old. Minimum supported API version is {ApiVersions.Minimum}, please upgrade your client to a newer version");
        }
        if (version > Newest)
            throw TareException.Invalid($"client version {text} is too new. Maximum supported API version is {ApiVersions.Maximum}");
        path = end == 0 ? "/" : path[end..];
        return version;
    }

    private static int Number(string text)
    {
        _ = ApiVersions.TryParse(text, out int version);
        return version;
    }
}
