namespace Tare.Oci;

/// <summary>The grammar of image names (distribution-spec, "Pulling manifests", and Docker's host part), without regular expressions. Pure.</summary>
public static class ReferenceGrammar
{
    /// <summary>The first component is a host when it has a dot or a port, is localhost, or has upper-case letters; else the host is Docker Hub.</summary>
    public static (string Domain, string Path) SplitDomain(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : name[..slash];
        bool host = slash > 0 && (first.AsSpan().IndexOfAny('.', ':') >= 0 || first == "localhost" || first.AsSpan().ContainsAnyInRange('A', 'Z'));
        string domain = host ? first : "docker.io";
        string path = host ? name[(slash + 1)..] : name;
        if (domain == "index.docker.io")
            domain = "docker.io";
        if (domain == "docker.io" && !path.Contains('/', StringComparison.Ordinal))
            path = "library/" + path;
        return (domain, path);
    }

    /// <summary>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}</summary>
    public static bool IsTag(string tag) =>
        tag.Length is > 0 and <= 128 && (char.IsAsciiLetterOrDigit(tag[0]) || tag[0] == '_')
        && tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    /// <summary>64 hexadecimal digits, which would be mistaken for an image id.</summary>
    public static bool IsBareIdentifier(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>Host name, IPv4 or bracketed IPv6 address, with an optional port.</summary>
    public static bool IsDomain(string domain)
    {
        string host = domain;
        int colon = domain.LastIndexOf(':');
        if (colon >= 0 && !domain.EndsWith(']'))
        {
            string port = domain[(colon + 1)..];
            if (port.Length is 0 or > 5 || !port.All(char.IsAsciiDigit))
                return false;
            host = domain[..colon];
        }
        if (host.StartsWith('['))
            return host.EndsWith(']') && host.Length > 4 && host[1..^1].All(c => char.IsAsciiHexDigit(c) || c == ':');
        return host.Split('.').All(label =>
            label.Length > 0 && char.IsAsciiLetterOrDigit(label[0]) && char.IsAsciiLetterOrDigit(label[^1])
            && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
    }

    /// <summary>Slash-separated components of [a-z0-9]+ joined by ".", "_", "__" or any number of "-".</summary>
    public static bool IsPath(string path) => path.Split('/').All(IsComponent);

    private static bool IsComponent(string text)
    {
        if (text.Length == 0 || !IsPlain(text[0]) || !IsPlain(text[^1]))
            return false;
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            while (i < text.Length && !IsPlain(text[i]))
                i++;
            string separator = text[start..i];
            if (separator.Length > 0 && separator is not ("." or "_" or "__") && separator.Any(c => c != '-'))
                return false;
            while (i < text.Length && IsPlain(text[i]))
                i++;
        }
        return true;
    }

    private static bool IsPlain(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
}
