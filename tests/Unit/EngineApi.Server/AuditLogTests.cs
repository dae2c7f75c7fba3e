using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tare.EngineApi.Server.Audit;
using Tare.EngineApi.Server.Configuration;
using Tare.EngineApi.Server.Hosting;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;
using Tare.Errors;

namespace Tare.Tests.Unit.EngineApi.Server;

public sealed class AuditLogTests
{
    [Fact]
    public async Task Calls_that_change_something_are_on_record_with_who_made_them()
    {
        string directory = Directory.CreateTempSubdirectory("tare-audit-").FullName;
        string file = Path.Combine(directory, "audit.log");
        var routes = new RouteTable();
        routes.Get("/read", request => request.AnswerAsync());
        routes.Post("/containers/{id}/wait", request => request.AnswerAsync());
        routes.Post("/change", request =>
        {
            request.Note("command", "sh -c 'id'");
            throw TareException.Conflict("taken");
        });
        using (var audit = new AuditLog(file))
        {
            string path = Path.Combine(directory, "api.sock");
            await using var server = new ApiServer(routes, [ListeningSocket.Unix(path, 0x1B0)], "0.0", new StderrLogger(LogLevel.None), audit);
            await server.StartAsync();
            foreach (string line in (string[])["GET /read", "POST /containers/x/wait", "POST /v1.47/change?name=y", "POST /nosuch"])
            {
                using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(new UnixDomainSocketEndPoint(path));
                _ = await client.SendAsync(System.Text.Encoding.ASCII.GetBytes($"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
                _ = await ServerFixture.ReadToEndAsync(client);
            }
            await server.StopAsync(TimeSpan.FromSeconds(1));
        }
        JsonElement record = JsonSerializer.Deserialize<JsonElement>(Assert.Single(await File.ReadAllLinesAsync(file)));
        Assert.Equal("/v1.47/change?name=y", record.GetProperty("path").GetString());
        Assert.Equal("sh -c 'id'", record.GetProperty("command").GetString());
        Assert.Equal(409, record.GetProperty("status").GetInt32());
        Assert.Equal(Environment.ProcessId, record.GetProperty("pid").GetInt32());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_full_file_is_kept_under_another_name()
    {
        string directory = Directory.CreateTempSubdirectory("tare-audit-").FullName;
        string file = Path.Combine(directory, "audit.log");
        using (var audit = new AuditLog(file))
        {
            byte[] line = new byte[9 << 20];
            for (int i = 0; i < 6; i++)
                audit.Append(line);
        }
        Assert.Equal(["audit.log", "audit.log.1", "audit.log.2", "audit.log.3"], Directory.GetFiles(directory).Select(Path.GetFileName).Order());
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("tcp://0.0.0.0:0")]
    [InlineData("tcp://[::]:0")]
    public void Nobody_is_let_in_from_other_hosts_without_tls(string host) =>
        Assert.Contains("--tlsverify", Assert.Throws<TareException>(() => ListenAddress.Open(host, null, null).ToList()).Message);

    [Fact]
    public void Tls_without_certificates_of_clients_is_refused() =>
        Assert.Contains("--tlsverify", Assert.Throws<TareException>(() => DaemonOptions.Read(["--tls"], "/")).Message);
}
