using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tare.Errors;

namespace Tare.EngineApi.Server.Transport;

/// <summary>The engine's certificate and the authority whose clients it lets in; one for all TCP sockets. Immutable.</summary>
public sealed class TlsIdentity
{
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");
    private readonly X509Certificate2Collection _authorities;

    private TlsIdentity(X509Certificate2Collection authorities, X509Certificate2 certificate, Action<string> log)
    {
        _authorities = authorities;
        Log = log;
        Options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, client, _, _) => client is X509Certificate2 known && IsTrusted(known),
        };
    }

    /// <summary>For every handshake.</summary>
    internal SslServerAuthenticationOptions Options { get; }

    /// <summary>Hears of clients that were not let in.</summary>
    internal Action<string> Log { get; }

    /// <summary>Reads PEM files; throws InvalidArgument that names the one that is missing or wrong.</summary>
    public static TlsIdentity Load(string authorityFile, string certificateFile, string keyFile, Action<string> log)
    {
        foreach (string file in (string[])[authorityFile, certificateFile, keyFile])
        {
            if (!File.Exists(file))
                throw TareException.Invalid($"could not read {file}: --tlsverify needs the authority of clients (--tlscacert), a certificate (--tlscert) and its key (--tlskey)");
        }
        try
        {
            X509Certificate2Collection authorities = [];
            authorities.ImportFromPemFile(authorityFile);
            return new TlsIdentity(authorities, X509Certificate2.CreateFromPemFile(certificateFile, keyFile), log);
        }
        catch (CryptographicException error)
        {
            throw TareException.Invalid($"read the TLS certificate {certificateFile}, its key {keyFile} and the authority {authorityFile}", error);
        }
    }

    private bool IsTrusted(X509Certificate2 client)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        _ = chain.ChainPolicy.ApplicationPolicy.Add(ClientAuthentication);
        return chain.Build(client);
    }
}
