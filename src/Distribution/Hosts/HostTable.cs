using Tare.Errors;

namespace Tare.Distribution.Hosts;

/// <summary>
/// Finds the servers behind a registry's name: hosts.toml when there is one, else the mirrors of Docker Hub, then the registry with the
/// certificates of its directory. Reads the files anew each time, so a change counts at once. Thread-safe.
/// </summary>
public sealed class HostTable(RegistryOptions options)
{
    private const string DockerHub = "docker.io";
    private const string DockerHubServer = "registry-1.docker.io";

    /// <summary>Registries that may do without valid TLS.</summary>
    public InsecureHosts Insecure { get; } = new(options.Insecure);

    /// <summary>The servers in the order in which they are asked.</summary>
    public IReadOnlyList<RegistryHost> Of(string domain)
    {
        RegistryHost upstream = Upstream(domain);
        foreach (string directory in options.HostDirectories)
        {
            foreach (string name in (string[])[domain, "_default"])
            {
                string file = Path.Combine(directory, name, "hosts.toml");
                if (File.Exists(file))
                    return [.. HostsFile.Read(file, domain, upstream).Select(Relax)];
            }
        }
        return domain == DockerHub ? [.. options.Mirrors.Select(Mirror), upstream] : [upstream];
    }

    private RegistryHost Upstream(string domain)
    {
        string authority = domain == DockerHub ? DockerHubServer : domain;
        if (!Uri.TryCreate($"https://{authority}", UriKind.Absolute, out Uri? root))
            throw TareException.Invalid($"\"{domain}\" is no usable name of a registry");
        return Relax(WithCertificates(new RegistryHost { Root = root }, domain));
    }

    private RegistryHost Mirror(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("https" or "http") || uri.PathAndQuery != "/")
            throw TareException.Invalid($"registry mirror \"{url}\": https://host:port is expected");
        return Relax(WithCertificates(new RegistryHost { Root = new Uri(uri.GetLeftPart(UriPartial.Authority)), CanPush = false, MirrorOf = DockerHub }, uri.Authority));
    }

    private RegistryHost Relax(RegistryHost host) => Insecure.Contains(host.Authority) ? host with { SkipVerify = true, MayUseHttp = true } : host;

    private RegistryHost WithCertificates(RegistryHost host, string name)
    {
        if (options.HostDirectories.Select(d => Path.Combine(d, name)).FirstOrDefault(Directory.Exists) is not { } directory)
            return host;
        string[] files = [.. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal)];
        return host with
        {
            Authorities = [.. files.Where(f => f.EndsWith(".crt", StringComparison.Ordinal))],
            ClientCertificates = [.. files.Where(f => f.EndsWith(".cert", StringComparison.Ordinal)).Select(f => (f, KeyOf(f)))],
        };
    }

    private static string KeyOf(string certificate)
    {
        string key = Path.ChangeExtension(certificate, ".key");
        return File.Exists(key) ? key : throw TareException.Invalid($"missing key {Path.GetFileName(key)} for client certificate {certificate}; a certificate of an authority must be named .crt");
    }
}
