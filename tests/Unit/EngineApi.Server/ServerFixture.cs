using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Tare.EngineApi.Server.Hosting;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;

namespace Tare.Tests.Unit.EngineApi.Server;

/// <summary>A server with a test's own routes on a unix socket in a directory of its own, and raw connections to it.</summary>
internal sealed class ServerFixture : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-server-").FullName;
    private readonly ApiServer _server;

    private ServerFixture(RouteTable routes)
    {
        Path = System.IO.Path.Combine(_directory, "api.sock");
        _server = new ApiServer(routes, [ListeningSocket.Unix(Path, 0x1B0)], "0.0", new StderrLogger(LogLevel.None));
    }

    public string Path { get; }

    public static async Task<ServerFixture> StartAsync(Action<RouteTable> map)
    {
        var routes = new RouteTable();
        map(routes);
        var fixture = new ServerFixture(routes);
        await fixture._server.StartAsync();
        return fixture;
    }

    public async Task<Socket> ConnectAsync(string request)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        _ = await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(TimeSpan.FromSeconds(1));
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        int read;
        while ((read = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(10))) > 0)
            _ = text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        return text.ToString();
    }

    public static async Task<string> ReadHeadAsync(Socket socket)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.Equal(1, await socket.ReceiveAsync(one).WaitAsync(TimeSpan.FromSeconds(10)));
            _ = text.Append((char)one[0]);
        }
        return text.ToString();
    }
}
