using Tare.Errors;
using Tare.Registry.Access;
using Tare.Registry.Collection;
using Tare.Registry.Proxy;
using Tare.Registry.Quotas;
using Tare.Registry.Webhooks;

namespace Tare.Registry.Hosting;

/// <summary>Options from the command line of "registry serve" and the configuration file it names. An option of the command line wins.</summary>
public static class RegistryConfiguration
{
    /// <summary>What "registry serve --help" prints.</summary>
    public const string Help = """
        Usage: tare registry serve --addr HOST:PORT --root DIR [OPTIONS]

        Serve an OCI registry.

        Options:
              --addr HOST:PORT      Listen here (default 127.0.0.1:5000)
              --config FILE         Configuration: access, tokens, quotas, retention, proxies, webhooks; see docs/registry.md
              --htpasswd FILE       Users and bcrypt hashes, as htpasswd -B writes them
              --no-delete           Refuse deletions through the API
              --root DIR            Keep everything here (default /var/lib/tare-registry)
              --tls-cert FILE       Certificate chain, PEM
              --tls-key FILE        Its key, PEM

        """;

    private const string DefaultRoot = "/var/lib/tare-registry";

    /// <summary>Reads the words after "registry serve".</summary>
    public static RegistryOptions FromArguments(IReadOnlyList<string> arguments)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            int equals = name.IndexOf('=', StringComparison.Ordinal);
            string? value = equals < 0 ? null : name[(equals + 1)..];
            name = equals < 0 ? name : name[..equals];
            if (name is not ("--addr" or "--config" or "--htpasswd" or "--root" or "--tls-cert" or "--tls-key" or "--no-delete"))
                throw TareException.Invalid($"unknown flag: {name}; see tare registry serve --help");
            if (name != "--no-delete" && value is null)
                value = ++i < arguments.Count ? arguments[i] : throw TareException.Invalid($"flag needs an argument: {name}");
            given[name] = value ?? "true";
        }
        RegistryOptions options = Read(given.GetValueOrDefault("--config"));
        return options with
        {
            Address = given.TryGetValue("--addr", out string? address) ? Units.Address(address) : options.Address,
            Root = Path.GetFullPath(given.GetValueOrDefault("--root") ?? options.Root ?? DefaultRoot),
            Htpasswd = given.GetValueOrDefault("--htpasswd") ?? options.Htpasswd,
            TlsCertificate = given.GetValueOrDefault("--tls-cert") ?? options.TlsCertificate,
            TlsKey = given.GetValueOrDefault("--tls-key") ?? options.TlsKey,
            DeleteAllowed = options.DeleteAllowed && given.GetValueOrDefault("--no-delete") != "true",
        };
    }

    /// <summary>Options for a registry inside the engine: an address, and a configuration file or null.</summary>
    public static RegistryOptions ForEngine(string address, string? configuration) => Read(configuration) with { Address = Units.Address(address) };

    private static RegistryOptions Read(string? path)
    {
        if (path is null)
            return new RegistryOptions();
        RegistryFile file = RegistryFile.Read(path);
        var defaults = new RegistryOptions();
        return new RegistryOptions
        {
            Address = file.Addr is { } address ? Units.Address(address) : defaults.Address,
            Root = file.Root,
            Htpasswd = file.Htpasswd,
            TlsCertificate = file.Tls?.Certificate,
            TlsKey = file.Tls?.Key,
            Tokens = file.Token is { } token ? TokensOf(token) : null,
            Rules = [.. (file.Access ?? []).Select(RuleOf)],
            DeleteAllowed = file.Delete ?? true,
            PublicMetrics = file.PublicMetrics ?? false,
            Quotas = [.. (file.Quotas ?? []).Select(quota => new QuotaRule(new RepositoryPattern(quota.Repositories), Units.Bytes(quota.Bytes), quota.Together))],
            Collection = CollectionOf(file),
            Proxies = [.. (file.Proxies ?? []).Select(ProxyOf)],
            Webhooks = [.. (file.Webhooks ?? []).Select(WebhookOf)],
        };
    }

    private static TokenOptions TokensOf(RegistryFile.TokenSection token) => token.Keys.Length == 0
        ? throw TareException.Invalid("token: at least one key is expected")
        : new TokenOptions { Realm = token.Realm, Service = token.Service, Issuer = token.Issuer, Keys = [.. token.Keys.Select(key => new KeyValuePair<string, string>(key.Kid ?? "", key.File))] };

    private static AccessRule RuleOf(RegistryFile.AccessSection rule)
    {
        RepositoryAction allowed = RepositoryAction.None;
        foreach (string word in rule.Allow)
        {
            allowed |= word switch
            {
                "read" or "pull" => RepositoryAction.Read,
                "write" or "push" => RepositoryAction.Write,
                "delete" => RepositoryAction.Delete,
                "*" => RepositoryAction.All,
                _ => throw TareException.Invalid($"access: \"{word}\" is no action; read, write, delete or * is expected"),
            };
        }
        return new AccessRule([.. rule.Repositories.Select(text => new RepositoryPattern(text))], rule.Users, allowed);
    }

    private static CollectionOptions CollectionOf(RegistryFile file)
    {
        var defaults = new CollectionOptions();
        return new CollectionOptions
        {
            Interval = file.Collection?.Interval is { } interval ? Units.Duration(interval) : defaults.Interval,
            Grace = file.Collection?.Grace is { } grace ? Units.Duration(grace) : defaults.Grace,
            UploadAge = file.Collection?.UploadAge is { } age ? Units.Duration(age) : defaults.UploadAge,
            Retention = [.. (file.Retention ?? []).Select(rule => new RetentionRule
            {
                Repositories = new RepositoryPattern(rule.Repositories),
                KeepTags = rule.KeepTags ?? [],
                KeepLast = rule.KeepLast,
                KeepWithin = rule.KeepWithin is { } within ? Units.Duration(within) : null,
                UntaggedAfter = rule.UntaggedAfter is { } untagged ? Units.Duration(untagged) : null,
            })],
        };
    }

    private static ProxyRule ProxyOf(RegistryFile.ProxySection proxy)
    {
        if (!Uri.TryCreate(proxy.Upstream, UriKind.Absolute, out Uri? upstream) || upstream.Scheme is not ("http" or "https") || upstream.AbsolutePath != "/")
            throw TareException.Invalid($"proxies: \"{proxy.Upstream}\" is not an https://HOST[:PORT]");
        return new ProxyRule
        {
            Prefix = proxy.Prefix.Trim('/'),
            Upstream = upstream,
            UserName = proxy.UserName,
            Password = proxy.PasswordFile is { } file ? File.ReadAllText(file).TrimEnd('\r', '\n') : null,
            RealmHosts = proxy.RealmHosts ?? [],
            TagAge = proxy.TagAge is { } age ? Units.Duration(age) : TimeSpan.FromMinutes(5),
        };
    }

    private static WebhookOptions WebhookOf(RegistryFile.WebhookSection hook)
    {
        if (!Uri.TryCreate(hook.Url, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
            throw TareException.Invalid($"webhooks: \"{hook.Url}\" is not an http or https URL");
        return new WebhookOptions
        {
            Url = url,
            Headers = hook.Headers ?? [],
            Actions = hook.Actions ?? [],
            Repositories = hook.Repositories is { } pattern ? new RepositoryPattern(pattern) : null,
        };
    }
}
