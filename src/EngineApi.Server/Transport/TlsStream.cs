using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Tare.EngineApi.Server.Transport;

/// <summary>
/// A client's bytes inside TLS. The handshake happens with the first read, so that a slow or silent client holds up nobody who accepts; a client
/// without a certificate that the engine trusts sees the connection end.
/// </summary>
internal sealed class TlsStream(SocketStream raw, TlsIdentity identity, string client) : AsyncStream
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SslStream _tls = new(raw, leaveInnerStreamOpen: true);
    private readonly Lock _gate = new();
    private Task<bool>? _handshake;

    /// <summary>Subject of the client's certificate, once there was a handshake.</summary>
    public string? Subject => _tls.RemoteCertificate is X509Certificate2 certificate ? certificate.Subject : _tls.RemoteCertificate?.Subject;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!await HandshakeAsync())
            return 0;
        try
        {
            return await _tls.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            raw.Cancel();
            return 0;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!await HandshakeAsync())
            return;
        try
        {
            await _tls.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            raw.Cancel();
        }
    }

    /// <summary>Says that nothing more will be sent (close_notify); nothing happens before a handshake.</summary>
    public async ValueTask EndAsync()
    {
        if (!_tls.IsAuthenticated)
            return;
        try
        {
            await _tls.ShutdownAsync();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client was faster.
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _tls.Dispose();
        base.Dispose(disposing);
    }

    private Task<bool> HandshakeAsync()
    {
        lock (_gate)
            return _handshake ??= AuthenticateAsync();
    }

    private async Task<bool> AuthenticateAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _tls.AuthenticateAsServerAsync(identity.Options, limit.Token);
            return true;
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            identity.Log($"TLS handshake with {client}: {error.Message}");
            raw.Cancel();
            return false;
        }
    }
}
