using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tare.Errors;
using NetSocket = System.Net.Sockets.Socket;

namespace Tare.EngineApi.Client.Transport;

/// <summary>TLS over TCP with blocking calls, with the client's certificate.</summary>
internal sealed class TlsTransport : ITransport
{
    private readonly NetSocket _socket;
    private readonly SslStream _stream;

    private TlsTransport(NetSocket socket, SslStream stream) => (_socket, _stream) = (socket, stream);

    public static TlsTransport Connect(string host, int port, TlsFiles files)
    {
        SslClientAuthenticationOptions options = Options(host, files);
        var socket = new NetSocket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(host, port);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            stream.AuthenticateAsClient(options);
            return new TlsTransport(socket, stream);
        }
        catch (AuthenticationException error)
        {
            socket.Dispose();
            throw TareException.Invalid($"the engine at {host}:{port} does not prove who it is; check the authority {files.Authority ?? "of this machine"} (--tlscacert) and the engine's certificate", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public int Read(Span<byte> buffer) => _stream.Read(buffer);

    public void Write(ReadOnlySpan<byte> data) => _stream.Write(data);

    public void CloseWrite() => _stream.ShutdownAsync().GetAwaiter().GetResult();

    public void Abort()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }
    }

    public void Dispose() => _stream.Dispose();

    private static SslClientAuthenticationOptions Options(string host, TlsFiles files)
    {
        try
        {
            var options = new SslClientAuthenticationOptions { TargetHost = host, CertificateRevocationCheckMode = X509RevocationMode.NoCheck };
            if (files.Certificate is { } certificate)
                options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, files.Key ?? throw TareException.Invalid($"the key of the TLS certificate {certificate} is missing (--tlskey)"))];
            if (!files.Verify)
            {
#pragma warning disable CA5359 // --tls without --tlsverify, and a context with SkipTLSVerify, ask for exactly this.
                options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            }
            else if (files.Authority is { } authority)
            {
                options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
                options.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(authority);
            }
            return options;
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw TareException.Invalid($"read the TLS files {files.Authority}, {files.Certificate} and {files.Key}", error);
        }
    }
}
