using Tare.Errors;

namespace Tare.Distribution.Auth;

/// <summary>
/// Which token servers a registry may send its clients to: its own host, those of well-known registries, those in the configuration. A registry
/// that could name any would collect passwords meant for others, and would have the engine knock at doors of its own network. Immutable.
/// </summary>
internal sealed class RealmPolicy
{
    private static readonly Dictionary<string, string> WellKnown = new(StringComparer.OrdinalIgnoreCase)
    {
        ["registry-1.docker.io"] = "auth.docker.io",
        ["registry.gitlab.com"] = "gitlab.com",
    };

    private readonly HashSet<(string Registry, string Realm)> _configured;

    public RealmPolicy(IEnumerable<string> configured) => _configured = [.. configured.Select(Parse)];

    /// <summary>The realm as an address that may be asked; anything else is Forbidden with what to do about it.</summary>
    public Uri Check(Uri registry, string realm)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("https" or "http") || uri.UserInfo.Length > 0)
            throw new TareException(ErrorKind.Forbidden, $"registry {registry.Authority} names the token server \"{realm}\", which is no usable address");
        if (uri.Scheme == "http" && registry.Scheme == "https")
            throw new TareException(ErrorKind.Forbidden, $"registry {registry.Authority} names the token server {uri.Authority} without TLS: refused");
        bool known = string.Equals(uri.Host, registry.Host, StringComparison.OrdinalIgnoreCase)
            || (WellKnown.TryGetValue(registry.Host, out string? partner) && string.Equals(partner, uri.Host, StringComparison.OrdinalIgnoreCase))
            || _configured.Contains((registry.Authority.ToLowerInvariant(), uri.Authority.ToLowerInvariant()))
            || _configured.Contains((registry.Host.ToLowerInvariant(), uri.Host.ToLowerInvariant()));
        return known ? uri : throw new TareException(
            ErrorKind.Forbidden,
            $"registry {registry.Authority} wants a token from the foreign host {uri.Authority}: refused; to trust it set token-realm {registry.Authority}={uri.Authority}");
    }

    private static (string, string) Parse(string text) => text.ToLowerInvariant().Split('=') is [{ Length: > 0 } registry, { Length: > 0 } realm]
        ? (registry, realm)
        : throw TareException.Invalid($"invalid token realm \"{text}\": registry=host is expected");
}
