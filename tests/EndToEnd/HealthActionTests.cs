using System.Net;
using System.Net.Sockets;

namespace Tare.Tests.EndToEnd;

/// <summary>Health checks that ask a gRPC server, and what follows when it is not well.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class HealthActionTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;

    [Fact]
    public void A_grpc_server_that_stops_serving_makes_its_container_unhealthy()
    {
        using GrpcHealthServer server = new();
        string id = Start(server, "none", "/my.Service");
        Await(id, "{{.State.Health.Status}}", "healthy");
        Assert.Equal("my.Service", server.LastService);
        server.Status = 2;
        Await(id, "{{.State.Health.Status}}", "unhealthy");
        Assert.Contains("not serving", _engine.Docker("inspect", "-f", "{{range .State.Health.Log}}{{.Output}}{{end}}", id).Ok());
        server.Status = 1;
        Await(id, "{{.State.Health.Status}}", "healthy");
        Assert.Equal("true", Inspect(id, "{{.State.Running}}"));
        _engine.Tare("rm", "-f", id).Ok();
    }

    [Theory]
    [InlineData("kill", "{{.State.Status}} {{.State.ExitCode}}", "exited 137")]
    [InlineData("stop", "{{.State.Status}} {{.State.ExitCode}}", "exited 7")]
    [InlineData("hook", "{{.State.Running}}", "true")]
    public void What_is_asked_for_follows_when_a_container_is_unhealthy(string action, string format, string expected)
    {
        using GrpcHealthServer server = new();
        string id = Start(server, action, "");
        Await(id, "{{.State.Health.Status}}", "healthy");
        server.Status = 0;
        if (action == "hook")
            Wait.Until(() => _engine.Tare("exec", id, "test", "-e", "/tmp/hooked").Code == 0, TimeSpan.FromSeconds(20), () => _engine.Tare("inspect", id).Output);
        Await(id, format, expected);
        _engine.Tare("rm", "-f", id).Ok();
    }

    [Fact]
    public void An_unhealthy_container_is_restarted()
    {
        using GrpcHealthServer server = new();
        string id = Start(server, "restart", "");
        Await(id, "{{.State.Health.Status}}", "healthy");
        string started = Inspect(id, "{{.State.StartedAt}}");
        server.Status = 2;
        Wait.Until(() => Inspect(id, "{{.State.StartedAt}}") != started, TimeSpan.FromSeconds(20), () => _engine.Tare("inspect", id).Output);
        server.Status = 1;
        Await(id, "{{.State.Status}} {{.State.Health.Status}}", "running healthy");
        _engine.Tare("rm", "-f", id).Ok();
    }

    private string Start(GrpcHealthServer server, string action, string service) => _engine.Tare("run", "-d", "--network", "host",
        "--label", $"tare.health.probe=grpc://127.0.0.1:{server.Port}{service}", "--label", $"tare.health.on-failure={action}", "--label", "tare.health.hook=touch /tmp/hooked",
        "--health-interval", "200ms", "--health-retries", "2", "busybox", "sh", "-c", "trap 'exit 7' TERM; while true; do sleep 0.1; done").Ok().Trim();

    private void Await(string id, string format, string expected) =>
        Wait.Until(() => Inspect(id, format) == expected, TimeSpan.FromSeconds(30), () => $"{format} is {Inspect(id, format)}\n{_engine.Tare("inspect", id).Output}");

    private string Inspect(string id, string format) => _engine.Tare("inspect", "-f", format, id).Output.Trim();
}

/// <summary>grpc.health.v1 on HTTP/2 without TLS, made by hand: one request at a time on each connection, the smallest header blocks there are.</summary>
internal sealed class GrpcHealthServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public GrpcHealthServer()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    /// <summary>What Check answers: 1 is SERVING, 2 NOT_SERVING, 0 an error of gRPC.</summary>
    public volatile int Status = 1;

    /// <summary>The service that was asked for last.</summary>
    public volatile string LastService = "";

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync();
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            Stream stream = client.GetStream();
            byte[] preface = new byte[24];
            await stream.ReadExactlyAsync(preface);
            Assert.StartsWith("PRI * HTTP/2.0", System.Text.Encoding.ASCII.GetString(preface));
            await WriteAsync(stream, 4, 0, 0, []);
            while (true)
            {
                (byte type, byte flags, int id, byte[] payload) = await ReadAsync(stream);
                if (type == 4 && (flags & 1) == 0)
                    await WriteAsync(stream, 4, 1, 0, []);
                else if (type == 6 && (flags & 1) == 0)
                    await WriteAsync(stream, 6, 1, 0, payload);
                else if (type == 0)
                    await AnswerAsync(stream, id, payload);
            }
        }
    }

    private async Task AnswerAsync(Stream stream, int id, byte[] request)
    {
        if (request.Length == 0)
            return;
        // Five bytes of frame, then field 1, the service's name.
        LastService = request.Length > 7 ? System.Text.Encoding.UTF8.GetString(request, 7, request[6]) : "";
        await WriteAsync(stream, 1, 4, id, [0x88 /* :status 200 */, .. Literal("content-type", "application/grpc")]);
        if (Status != 0)
            await WriteAsync(stream, 0, 0, id, [0, 0, 0, 0, 2, 8, (byte)Status]);
        await WriteAsync(stream, 1, 5, id, Literal("grpc-status", Status == 0 ? "14" : "0"));
    }

    /// <summary>HPACK: a literal header that is not indexed, with a new name.</summary>
    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. System.Text.Encoding.ASCII.GetBytes(name), (byte)value.Length, .. System.Text.Encoding.ASCII.GetBytes(value)];

    private static async Task<(byte Type, byte Flags, int Id, byte[] Payload)> ReadAsync(Stream stream)
    {
        byte[] head = new byte[9];
        await stream.ReadExactlyAsync(head);
        byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
        await stream.ReadExactlyAsync(payload);
        return (head[3], head[4], (head[5] << 24) | (head[6] << 16) | (head[7] << 8) | head[8], payload);
    }

    private static async Task WriteAsync(Stream stream, byte type, byte flags, int id, byte[] payload) => await stream.WriteAsync(
        (byte[])[(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, (byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id, .. payload]);
}
