using System.Net;
using System.Net.Sockets;
using System.Text;
using Tare.Engine.Containers.Health;

namespace Tare.Tests.Kernel.Engine;

/// <summary>Probes that ask over the network of a process; here, of the test's own.</summary>
public sealed class NativeProbeTests
{
    [Fact]
    public async Task An_accepted_connection_is_healthy_and_a_refused_one_is_not()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal(0, (await RunAsync(new HealthProbe.Tcp("127.0.0.1", port))).ExitCode);
        listener.Stop();
        Assert.Equal(1, (await RunAsync(new HealthProbe.Tcp("127.0.0.1", port))).ExitCode);
    }

    [Theory]
    [InlineData("200 OK", 0)]
    [InlineData("302 Found", 0)]
    [InlineData("500 Internal Server Error", 1)]
    public async Task The_status_of_an_HTTP_answer_decides(string status, int code)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task server = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            byte[] request = new byte[4096];
            int read = await client.GetStream().ReadAsync(request);
            Assert.StartsWith("GET /ready HTTP/1.1", Encoding.ASCII.GetString(request, 0, read), StringComparison.Ordinal);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell"));
        });
        ProbeResult result = await RunAsync(new HealthProbe.Http(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/ready")));
        Assert.Equal(code, result.ExitCode);
        Assert.Equal($"HTTP {status[..3]}: well", result.Output);
        await server;
    }

    private static Task<ProbeResult> RunAsync(HealthProbe probe) => NativeProbe.RunAsync(probe, Environment.ProcessId, CancellationToken.None);
}
