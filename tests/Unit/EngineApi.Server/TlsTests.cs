using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Tare.EngineApi.Client;
using Tare.EngineApi.Server.Audit;
using Tare.EngineApi.Server.Hosting;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;
using Tare.EngineApi.Streams;
using Tare.Errors;

namespace Tare.Tests.Unit.EngineApi.Server;

/// <summary>The API on TCP inside TLS, spoken to by Tare's own client.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly List<string> _log = [];
    private readonly ListeningSocket _socket;
    private readonly AuditLog _audit;
    private readonly ApiServer _server;

    public TlsTests()
    {
        (string certificate, string key) = _authority.Issue("server", server: true);
        _socket = ListeningSocket.Tcp(new IPEndPoint(IPAddress.Loopback, 0), TlsIdentity.Load(_authority.AuthorityFile, certificate, key, _log.Add));
        _audit = new AuditLog(AuditFile);
        var routes = new RouteTable();
        routes.Get("/_ping", request => request.AnswerTextAsync("OK"));
        routes.Post("/echo", async request =>
        {
            await using HijackedStream stream = await request.HijackAsync(StreamFrame.RawMediaType);
            byte[] buffer = new byte[100];
            int read, all = 0;
            while ((read = await stream.ReadAsync(buffer)) > 0)
                all += read;
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"got {all}"));
        });
        _server = new ApiServer(routes, [_socket], "0.0", new StderrLogger(LogLevel.None), _audit);
        _server.StartAsync().GetAwaiter().GetResult();
    }

    private string AuditFile => Path.Combine(_authority.Directory, "audit.log");

    [Fact]
    public void A_client_with_a_certificate_of_the_authority_is_served()
    {
        using EngineClient client = Connect(_authority);
        Assert.Equal(200, client.Do(new EngineRequest("GET", "/_ping")));
    }

    [Fact]
    public void A_client_that_ends_its_input_inside_tls_gets_the_rest_of_the_output_and_is_on_record()
    {
        using EngineClient client = Connect(_authority);
        using HijackedStreamOf stream = new(client.Hijack(new EngineRequest("POST", "/echo")));
        stream.Send("12345");
        Assert.Equal("got 5", stream.ReadToEnd());
        string record = File.ReadAllText(AuditFile);
        Assert.Contains("\"subject\":\"CN=client\"", record);
        Assert.Contains("/echo\",\"status\":200", record);
    }

    [Fact]
    public void A_client_without_a_certificate_or_with_a_strangers_is_not_served()
    {
        using var strangers = new TestAuthority();
        using EngineClient stranger = Connect(strangers);
        using EngineClient nobody = new(EngineAddress.Parse(_socket.ToString(), new TlsFiles(_authority.AuthorityFile, null, null)));
        Assert.ThrowsAny<Exception>(() => stranger.Do(new EngineRequest("GET", "/_ping")));
        Assert.ThrowsAny<Exception>(() => nobody.Do(new EngineRequest("GET", "/_ping")));
        Assert.Equal(2, _log.Count(line => line.StartsWith("TLS handshake with 127.0.0.1", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_client_that_does_not_know_the_authority_of_the_engine_refuses_it()
    {
        using var strangers = new TestAuthority();
        (string certificate, string key) = _authority.Issue("client", server: false);
        using EngineClient client = new(EngineAddress.Parse(_socket.ToString(), new TlsFiles(strangers.AuthorityFile, certificate, key)));
        Assert.Contains("does not prove who it is", Assert.Throws<TareException>(() => client.Do(new EngineRequest("GET", "/_ping"))).Message);
    }

    public void Dispose()
    {
        _server.StopAsync(TimeSpan.FromSeconds(1)).GetAwaiter().GetResult();
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _socket.Dispose();
        _audit.Dispose();
        _authority.Dispose();
    }

    /// <summary>The server's authority is trusted; the certificate is of the given one.</summary>
    private EngineClient Connect(TestAuthority of)
    {
        (string certificate, string key) = of.Issue("client", server: false);
        return new EngineClient(EngineAddress.Parse(_socket.ToString(), new TlsFiles(_authority.AuthorityFile, certificate, key)));
    }

    private sealed class HijackedStreamOf(global::Tare.EngineApi.Client.Streams.HijackedStream stream) : IDisposable
    {
        public void Send(string text)
        {
            stream.Write(Encoding.ASCII.GetBytes(text));
            stream.CloseWrite();
        }

        public string ReadToEnd()
        {
            var text = new StringBuilder();
            byte[] buffer = new byte[100];
            int read;
            while ((read = stream.Read(buffer)) > 0)
                _ = text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            return text.ToString();
        }

        public void Dispose() => stream.Dispose();
    }
}
