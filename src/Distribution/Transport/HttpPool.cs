using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tare.Distribution.Hosts;
using Tare.Errors;

namespace Tare.Distribution.Transport;

/// <summary>
/// Connections to registries, kept and reused, one pool per server and its certificates. Carries no credentials, so all users share it; follows no
/// redirects by itself. Thread-safe.
/// </summary>
internal sealed class HttpPool : IDisposable
{
    private static readonly TimeSpan PlainMemory = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Lazy<HttpClient>> _clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTime> _plain = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The client for a server.</summary>
    public HttpClient Client(RegistryHost host) => _clients.GetOrAdd(Key(host), _ => new Lazy<HttpClient>(() => Make(host))).Value;

    /// <summary>The client for other servers that a registry sends to: nothing but the system's authorities is trusted.</summary>
    public HttpClient Client(Uri uri) => Client(new RegistryHost { Root = new Uri(uri.GetLeftPart(UriPartial.Authority)) });

    /// <summary>For a server that may do without TLS: finds out whether it does.</summary>
    public async Task<RegistryHost> ReachAsync(RegistryHost host, CancellationToken cancel)
    {
        if (!host.MayUseHttp || host.Root.Scheme != "https")
            return host;
        RegistryHost plain = host with { Root = new Uri($"http://{Plain(host.Root)}") };
        if (_plain.TryGetValue(host.Authority, out DateTime since) && DateTime.UtcNow - since < PlainMemory)
            return plain;
        if (await AnswersAsync(host, cancel) || !await AnswersAsync(plain, cancel))
            return host;
        _plain[host.Authority] = DateTime.UtcNow;
        return plain;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<HttpClient> client in _clients.Values.Where(c => c.IsValueCreated))
            client.Value.Dispose();
    }

    // A name without a port means 443 with TLS and 80 without.
    private static string Plain(Uri root) => root.IsDefaultPort ? root.Host : root.Authority;

    private async Task<bool> AnswersAsync(RegistryHost host, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Root, "/v2/"));
            using HttpResponseMessage response = await Client(host).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private static string Key(RegistryHost host) =>
        $"{host.Root.AbsoluteUri} {host.SkipVerify} {string.Join(':', host.Authorities.Select(Stamp))} {string.Join(':', host.ClientCertificates.Select(c => Stamp(c.Certificate) + Stamp(c.Key)))}";

    // A renewed certificate counts from the next request on.
    private static string Stamp(string file) => $"{file}@{File.GetLastWriteTimeUtc(file).Ticks}";

    private HttpClient Make(RegistryHost host)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            MaxResponseHeadersLength = 64,
            MaxResponseDrainSize = 64 * 1024,
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(500),
            UseProxy = !host.MayUseHttp,
        };
        SslClientAuthenticationOptions tls = handler.SslOptions;
        tls.EnabledSslProtocols = SslProtocols.None;
        X509Certificate2Collection authorities = Read(host.Authorities);
        // The user has said that this server need not prove who it is.
#pragma warning disable CA5359
        if (host.SkipVerify)
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        else if (authorities.Count > 0)
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(authorities, certificate, chain, errors);
        if (host.ClientCertificates.Count > 0)
            tls.ClientCertificates = [.. host.ClientCertificates.Select(Read)];
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 1 << 20 };
    }

    private static bool IsTrusted(X509Certificate2Collection authorities, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        // A wrong name stays wrong whoever signed it.
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            _ = chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(leaf);
    }

    private static X509Certificate2Collection Read(IReadOnlyList<string> files)
    {
        var all = new X509Certificate2Collection();
        foreach (string file in files)
            Guard(file, () => all.ImportFromPemFile(file));
        return all;
    }

    private static X509Certificate2 Read((string Certificate, string Key) files)
    {
        X509Certificate2? certificate = null;
        Guard(files.Certificate, () => certificate = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key));
        return certificate!;
    }

    private static void Guard(string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw TareException.Invalid($"certificate {file} can not be used", e);
        }
    }
}
