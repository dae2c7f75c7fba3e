using System.Text;
using System.Text.Json.Nodes;
using Tare.EngineApi.Registries;

namespace Tare.Cli.Registries;

/// <summary>The user's credentials for registries, where Docker keeps them: in config.json or with a credential helper.</summary>
internal sealed class CredentialStore(Func<string, string?> environment)
{
    /// <summary>Docker Hub's key among credentials.</summary>
    public const string DockerHub = "https://index.docker.io/v1/";

    private readonly ConfigFile _config = ConfigFile.Read(environment);

    /// <summary>The registry of an image's name.</summary>
    public static string ServerOf(string image)
    {
        int slash = image.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : image[..slash];
        bool host = first.AsSpan().ContainsAny('.', ':') || first == "localhost" || first.AsSpan().ContainsAnyInRange('A', 'Z');
        return host ? Key(first) : DockerHub;
    }

    /// <summary>The key of a registry as users name it.</summary>
    public static string Key(string server)
    {
        string host = Host(server);
        return host is "" or "docker.io" or "index.docker.io" or "registry-1.docker.io" ? DockerHub : host;
    }

    /// <summary>The header's value for a registry; of nobody when there is nothing.</summary>
    public string HeaderFor(string image) => Get(ServerOf(image)).ToHeader();

    /// <summary>What there is for a registry.</summary>
    public AuthConfig Get(string server)
    {
        if (HelperFor(server) is { } helper)
        {
            if (helper.Get(server) is not { } found)
                return new AuthConfig();
            return found.User == "<token>"
                ? new AuthConfig { IdentityToken = found.Secret, ServerAddress = server }
                : new AuthConfig { Username = found.User, Password = found.Secret, ServerAddress = server };
        }
        JsonObject? entry = Entry(server);
        if (entry is null)
            return new AuthConfig();
        (string user, string password) = Split(Text(entry, "auth"));
        return new AuthConfig
        {
            Username = user.Length > 0 ? user : null,
            Password = password.Length > 0 ? password : null,
            IdentityToken = Text(entry, "identitytoken"),
            RegistryToken = Text(entry, "registrytoken"),
            ServerAddress = server,
        };
    }

    /// <summary>Keeps credentials; returns a warning to be shown when they are kept unencrypted.</summary>
    public string? Store(string server, string user, string password, string identityToken)
    {
        if (HelperFor(server) is { } helper)
        {
            helper.Store(server, identityToken.Length > 0 ? "<token>" : user, identityToken.Length > 0 ? identityToken : password);
            return null;
        }
        JsonObject auths = _config.Root["auths"] as JsonObject ?? [];
        var entry = new JsonObject { ["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{(identityToken.Length > 0 ? "" : password)}")) };
        if (identityToken.Length > 0)
            entry["identitytoken"] = identityToken;
        auths[server] = entry;
        if (auths.Parent is null)
            _config.Root["auths"] = auths;
        _config.Write();
        return $"WARNING! Your credentials are stored unencrypted in '{Path.Combine(_config.Directory, "config.json")}'.\nConfigure a credential helper to remove this warning.";
    }

    /// <summary>Forgets credentials, where there are any.</summary>
    public void Erase(string server)
    {
        if (HelperFor(server) is { } helper)
        {
            if (helper.Get(server) is not null)
                helper.Erase(server);
            return;
        }
        if (_config.Root["auths"] is not JsonObject auths || auths.FirstOrDefault(a => Key(a.Key) == server).Key is not { } key)
            return;
        _ = auths.Remove(key);
        _config.Write();
    }

    private CredentialProgram? HelperFor(string server)
    {
        string name = _config.Root["credHelpers"] is JsonObject helpers && Text(helpers, server) is { } special ? special : Text(_config.Root, "credsStore") ?? "";
        return name.Length > 0 ? new CredentialProgram(name) : null;
    }

    private JsonObject? Entry(string server) =>
        (_config.Root["auths"] as JsonObject)?.FirstOrDefault(a => a.Key == server || Key(a.Key) == server).Value as JsonObject;

    private static string Host(string server)
    {
        int scheme = server.IndexOf("://", StringComparison.Ordinal);
        string text = scheme < 0 ? server : server[(scheme + 3)..];
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? text : text[..slash];
    }

    private static string? Text(JsonObject entry, string name) =>
        entry[name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    private static (string, string) Split(string? base64)
    {
        try
        {
            string text = Encoding.UTF8.GetString(Convert.FromBase64String(base64 ?? ""));
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? ("", "") : (text[..colon], text[(colon + 1)..].TrimEnd('\0'));
        }
        catch (FormatException)
        {
            return ("", "");
        }
    }
}
