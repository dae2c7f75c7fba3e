using Tare.Errors;

namespace Tare.Engine.Containers.Links;

/// <summary>Reads one --link: "container", "container:alias" or, as inspect shows it, "/container:/parent/alias". Pure.</summary>
internal static class LinkText
{
    /// <summary>The container that is meant and the name it gets; InvalidArgument for anything else.</summary>
    internal static (string Container, string Alias) Parse(string text)
    {
        if (text.Length == 0)
            throw TareException.Invalid("empty string specified for links");
        string[] parts = text.Split(':');
        string alias = parts[^1];
        if (parts.Length == 2 && parts[0].StartsWith('/'))
            alias = alias[(alias.LastIndexOf('/') + 1)..];
        string container = parts[0].TrimStart('/');
        bool good = parts.Length <= 2 && container.Length > 0 && alias.Length > 0 && !alias.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
        return good ? (container, parts.Length == 1 ? container : alias) : throw TareException.Invalid($"bad format for links: {text}");
    }
}
