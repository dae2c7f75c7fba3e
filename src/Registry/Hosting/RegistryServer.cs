using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tare.Errors;
using Tare.Oci;
using Tare.Registry.Access;
using Tare.Registry.Collection;
using Tare.Registry.Metrics;
using Tare.Registry.Protocol;
using Tare.Registry.Proxy;
using Tare.Registry.Quotas;
using Tare.Registry.Repositories;
using Tare.Registry.Transport;
using Tare.Registry.Uploads;
using Tare.Registry.Webhooks;
using Tare.Storage.Content;
using Tare.Storage.Metadata;

namespace Tare.Registry.Hosting;

/// <summary>A registry over a content store and a database, which may be an engine's: its parts, its listener, and Kestrel without a host around it.</summary>
public sealed class RegistryServer : IAsyncDisposable
{
    private readonly RegistryParts _parts;
    private readonly RegistryListener _listener;
    private readonly KestrelServer _server;
    private readonly Action<string> _logError;

    private RegistryServer(RegistryOptions options, RegistryParts parts, ILoggerFactory loggers, Action<string> logError)
    {
        _parts = parts;
        _logError = logError;
        _listener = RegistryListener.Listen(options.Address, Tls(options));
        var kestrel = new KestrelServerOptions { AddServerHeader = false, AllowResponseHeaderCompression = false };
        // Layers have no bound but the quotas'; a client that sends nearly nothing is cut by Kestrel's minimum rates.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Listen(_listener.EndPoint, listen => listen.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(Options.Create(kestrel), new RegistryListenerFactory(_listener), loggers);
    }

    /// <summary>Where it listens; with port 0 the kernel has chosen.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.EndPoint;

    /// <summary>Tells which blobs the repositories of a database have; a store that a registry uses must know before it deletes anything.</summary>
    public static Func<Digest, bool> ClaimsIn(Database database) => new RepositoryStore(database).Claims;

    /// <summary>
    /// Starts to serve. <paramref name="directory"/> is for uploads, on the content store's file system. The store's owner has told it of <see cref="ClaimsIn"/>.
    /// </summary>
    public static async Task<RegistryServer> StartAsync(RegistryOptions options, string directory, ContentStore content, Database database, ILoggerFactory loggers)
    {
        ILogger log = loggers.CreateLogger("registry");
        var metrics = new RegistryMetrics();
        var repositories = new RepositoryStore(database);
        var uploads = UploadStore.Open(Path.Combine(directory, "uploads"), database, content);
        var parts = new RegistryParts
        {
            Content = content,
            Repositories = repositories,
            Uploads = uploads,
            Access = new AccessControl(
                options.Htpasswd is { } users ? new Htpasswd(users) : null, options.Tokens is { } tokens ? new TokenVerifier(tokens) : null, options.Rules, options.PublicMetrics),
            Quotas = new QuotaRules(options.Quotas),
            Proxy = new ProxyCache(options.Proxies),
            Webhooks = new WebhookSender(options.Webhooks, metrics),
            Metrics = metrics,
            Collector = new Collector(repositories, uploads, content, options.Collection, metrics, message => Write(log, LogLevel.Information, message)),
            DeleteAllowed = options.DeleteAllowed,
        };
        var server = new RegistryServer(options, parts, loggers, message => Write(log, LogLevel.Error, message));
        await server._server.StartAsync(new RegistryApplication(parts, server._logError), CancellationToken.None);
        parts.Collector.Start();
        return server;
    }

    /// <summary>Collects now.</summary>
    public void Collect() => _parts.Collector.Run();

    /// <summary>Accepts no more, lets requests end for a moment, then cuts them. What of uploads has arrived stays.</summary>
    public async ValueTask DisposeAsync()
    {
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
            await _server.StopAsync(limit.Token);
        _server.Dispose();
        await _listener.DisposeAsync();
        await _parts.Collector.DisposeAsync();
        await _parts.Webhooks.DisposeAsync();
        _parts.Proxy.Dispose();
        _parts.Uploads.Dispose();
        _parts.Access.Dispose();
    }

    private static SslServerAuthenticationOptions? Tls(RegistryOptions options)
    {
        if (options.TlsCertificate is null && options.TlsKey is null)
            return null;
        if (options.TlsCertificate is null || options.TlsKey is null)
            throw TareException.Invalid("TLS needs both a certificate and a key");
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.TlsCertificate);
            X509Certificate2 leaf = X509Certificate2.CreateFromPemFile(options.TlsCertificate, options.TlsKey);
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw TareException.Invalid($"read the registry's certificate {options.TlsCertificate} with key {options.TlsKey}", error);
        }
    }

    private static void Write(ILogger log, LogLevel level, string message) => log.Log(level, default, message, null, static (text, _) => text);
}
