using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Tare.Errors;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>Sends lines to a syslog server. One connection, made anew after it was lost.</summary>
internal sealed class SyslogSink(SyslogTarget target, string tag) : ILogSink
{
    private static readonly string[] LocalSockets = ["/dev/log", "/var/run/syslog", "/var/run/log"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private System.Net.Sockets.Socket? _socket;
    private Stream? _stream;

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellation)
    {
        Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            await OpenAsync(limit.Token);
        }
        catch (Exception error) when (error is SocketException or IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException
            && !cancellation.IsCancellationRequested)
        {
            Close();
            string why = error is OperationCanceledException ? "i/o timeout" : (error.InnerException ?? error).Message;
            throw new TareException(ErrorKind.Unavailable, $"dial {Name}: {why}", error);
        }
    }

    /// <inheritdoc/>
    public async Task SendAsync(LogLine line, CancellationToken cancellation)
    {
        if (line.Text.IsEmpty)
            return;
        byte[] message = SyslogMessage.Write(target, tag, Environment.MachineName, Environment.ProcessId, line);
        if (_stream is not null)
            await _stream.WriteAsync(message, cancellation);
        else if (_socket is not null)
            _ = await _socket.SendAsync(message, SocketFlags.None, cancellation);
        else
            throw new IOException("not connected");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private string Name => target.Protocol switch
    {
        "" => "the machine's syslog",
        "unix" or "unixgram" => $"{target.Protocol} {target.Host}",
        _ => $"{target.Protocol} {target.Host}:{target.Port}",
    };

    private async Task OpenAsync(CancellationToken cancellation)
    {
        switch (target.Protocol)
        {
            case "":
                await OpenLocalAsync(cancellation);
                break;
            case "unix":
                await OpenUnixAsync(target.Host, SocketType.Stream, cancellation);
                break;
            case "unixgram":
                await OpenUnixAsync(target.Host, SocketType.Dgram, cancellation);
                break;
            case "udp":
                _socket = new System.Net.Sockets.Socket(SocketType.Dgram, ProtocolType.Udp);
                await _socket.ConnectAsync(target.Host, target.Port, cancellation);
                break;
            default:
                _socket = new System.Net.Sockets.Socket(SocketType.Stream, ProtocolType.Tcp);
                await _socket.ConnectAsync(target.Host, target.Port, cancellation);
                _stream = new NetworkStream(_socket, ownsSocket: true);
                if (target.Protocol == "tcp+tls")
                    _stream = await SecureAsync(_stream, cancellation);
                break;
        }
    }

    private async Task OpenLocalAsync(CancellationToken cancellation)
    {
        SocketException? last = null;
        foreach (string path in LocalSockets.Where(File.Exists))
        {
            foreach (SocketType type in new[] { SocketType.Dgram, SocketType.Stream })
            {
                try
                {
                    await OpenUnixAsync(path, type, cancellation);
                    return;
                }
                catch (SocketException error)
                {
                    last = error;
                    Close();
                }
            }
        }
        throw last ?? new SocketException((int)SocketError.ConnectionRefused);
    }

    private async Task OpenUnixAsync(string path, SocketType type, CancellationToken cancellation)
    {
        _socket = new System.Net.Sockets.Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        await _socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
        if (type == SocketType.Stream)
            _stream = new NetworkStream(_socket, ownsSocket: true);
    }

    private async Task<SslStream> SecureAsync(Stream inner, CancellationToken cancellation)
    {
        var secure = new SslStream(inner);
        var options = new SslClientAuthenticationOptions { TargetHost = target.Host };
        if (target is { CertificateFile: { } certificate, KeyFile: { } key })
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key)];
        if (target.SkipsVerify)
        {
#pragma warning disable CA5359 // It is what syslog-tls-skip-verify asks for.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (target.CaFile is { } trusted)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(trusted);
        }
        await secure.AuthenticateAsClientAsync(options, cancellation);
        return secure;
    }

    private void Close()
    {
        _stream?.Dispose();
        _socket?.Dispose();
        (_stream, _socket) = (null, null);
    }
}
