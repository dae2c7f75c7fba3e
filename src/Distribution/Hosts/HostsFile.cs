using Tare.Errors;

namespace Tare.Distribution.Hosts;

/// <summary>Reads hosts.toml, containerd's description of the servers behind a registry's name. Stateless.</summary>
internal static class HostsFile
{
    private static readonly string[] Keys = ["capabilities", "ca", "client", "skip_verify", "header", "override_path", "server", "host"];

    /// <summary>The servers in their order, the registry itself last; what is wrong with the file is InvalidArgument with its path.</summary>
    public static IReadOnlyList<RegistryHost> Read(string path, string domain, RegistryHost upstream)
    {
        try
        {
            OrderedDictionary<string, object> file = TomlReader.Parse(File.ReadAllText(path));
            string directory = Path.GetDirectoryName(path)!;
            var hosts = new List<RegistryHost>();
            foreach ((string url, object table) in Table(file, "host"))
                hosts.Add(Host(url, Expect<OrderedDictionary<string, object>>(table, $"host.\"{url}\""), directory) with { MirrorOf = domain });
            RegistryHost server = file.TryGetValue("server", out object? named) ? Host(Expect<string>(named, "server"), file, directory) : Apply(upstream, file, directory);
            hosts.Add(string.Equals(server.Authority, upstream.Authority, StringComparison.OrdinalIgnoreCase) ? server : server with { MirrorOf = domain });
            return hosts;
        }
        catch (TareException e)
        {
            throw TareException.Invalid($"registry configuration {path}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TareException.Internal($"read registry configuration {path}", e);
        }
    }

    private static RegistryHost Host(string url, OrderedDictionary<string, object> table, string directory)
    {
        string whole = url.Contains("://", StringComparison.Ordinal) ? url : "https://" + url;
        if (!Uri.TryCreate(whole, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("https" or "http") || uri.UserInfo.Length > 0)
            throw TareException.Invalid($"\"{url}\" is no usable address of a registry");
        string path = uri.AbsolutePath.TrimEnd('/');
        bool whole2 = table.TryGetValue("override_path", out object? value) && Expect<bool>(value, "override_path");
        var host = new RegistryHost
        {
            Root = new Uri(uri.GetLeftPart(UriPartial.Authority)),
            ApiPath = whole2 ? path : path.EndsWith("/v2", StringComparison.Ordinal) ? path : path + "/v2",
        };
        return Apply(host, table, directory);
    }

    private static RegistryHost Apply(RegistryHost host, OrderedDictionary<string, object> table, string directory)
    {
        if (table.Keys.FirstOrDefault(key => !Keys.Contains(key)) is { } unknown)
            throw TareException.Invalid($"the key {unknown} is not known");
        List<string>? can = table.TryGetValue("capabilities", out object? value) ? Texts(value, "capabilities") : null;
        return host with
        {
            CanPull = can?.Contains("pull") ?? host.CanPull,
            CanResolve = can?.Contains("resolve") ?? host.CanResolve,
            CanPush = can?.Contains("push") ?? host.CanPush,
            SkipVerify = table.TryGetValue("skip_verify", out value) ? Expect<bool>(value, "skip_verify") : host.SkipVerify,
            Authorities = table.TryGetValue("ca", out value) ? [.. Texts(value, "ca").Select(Absolute)] : host.Authorities,
            ClientCertificates = table.TryGetValue("client", out value) ? [.. Pairs(value).Select(p => (Absolute(p.Item1), Absolute(p.Item2)))] : host.ClientCertificates,
            Headers = [.. Table(table, "header").SelectMany(h => Texts(h.Value, h.Key).Select(text => KeyValuePair.Create(h.Key, text)))],
        };

        string Absolute(string path) => Path.Combine(directory, path);
    }

    private static IEnumerable<(string, string)> Pairs(object value) => value is string one
        ? [(one, one)]
        : Expect<List<object>>(value, "client").Select(item => item is string both ? (both, both)
            : Texts(item, "client") is [var certificate, var key] ? (certificate, key)
            : throw TareException.Invalid("client: a file, or pairs of certificate and key are expected"));

    private static OrderedDictionary<string, object> Table(OrderedDictionary<string, object> parent, string name) =>
        parent.TryGetValue(name, out object? table) ? Expect<OrderedDictionary<string, object>>(table, name) : [];

    private static List<string> Texts(object value, string name) =>
        value is string one ? [one] : [.. Expect<List<object>>(value, name).Select(item => Expect<string>(item, name))];

    private static T Expect<T>(object value, string name) => value is T wanted ? wanted : throw TareException.Invalid($"{name} is not of the kind it must be");
}
