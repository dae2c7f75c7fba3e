using System.Net.Sockets;
using System.Text;
using Tare.EngineApi;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;
using Tare.EngineApi.Streams;
using Tare.Errors;

namespace Tare.Tests.Unit.EngineApi.Server;

public sealed class HijackTests
{
    private const string Upgrade = "POST /v1.47/containers/x/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n";
    private const string Plain = "POST /v1.47/containers/x/attach HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    private const string WithBody = "POST /exec/x/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\n"
        + "Content-Length: 15\r\n\r\n{\"message\":\"a\"}";

    [Theory]
    [InlineData(Upgrade, "HTTP/1.1 101 UPGRADED\r\n")]
    [InlineData(Plain, "HTTP/1.1 200 OK\r\n")]
    [InlineData(WithBody, "HTTP/1.1 101 UPGRADED\r\n")]
    public async Task A_client_that_ends_its_input_still_receives_all_output(string request, string statusLine)
    {
        await using ServerFixture server = await ServerFixture.StartAsync(Map);
        using Socket client = await server.ConnectAsync(request);
        string head = await ServerFixture.ReadHeadAsync(client);
        _ = await client.SendAsync(Encoding.ASCII.GetBytes("hello"));
        client.Shutdown(SocketShutdown.Send);
        string output = await ServerFixture.ReadToEndAsync(client);

        Assert.StartsWith(statusLine, head);
        Assert.Contains("Content-Type: application/vnd.docker.raw-stream\r\n", head);
        Assert.Contains("Api-Version: 1.55\r\n", head);
        Assert.Equal("got 5 bytes" + new string('x', 300_000) + "end", output);
    }

    [Fact]
    public async Task Input_and_its_end_that_arrive_together_with_the_request_are_not_lost()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(Map);
        using Socket client = await server.ConnectAsync(WithBody + "early");
        client.Shutdown(SocketShutdown.Send);

        Assert.EndsWith("end", await ServerFixture.ReadToEndAsync(client));
    }

    [Fact]
    public async Task Input_that_nobody_read_is_never_taken_for_a_request_and_the_connection_ends()
    {
        bool called = false;
        await using ServerFixture server = await ServerFixture.StartAsync(routes =>
        {
            routes.Post("/containers/{id}/attach", async request =>
            {
                await using HijackedStream stream = await request.HijackAsync(StreamFrame.RawMediaType);
                await stream.WriteAsync("done"u8.ToArray());
            });
            routes.Delete("/containers/{id}", request =>
            {
                called = true;
                return request.AnswerAsync();
            });
        });
        // The client keeps its side open, and what it sent looks like a request.
        using Socket client = await server.ConnectAsync(Upgrade + "DELETE /containers/x HTTP/1.1\r\nHost: x\r\n\r\n");
        _ = await ServerFixture.ReadHeadAsync(client);
        Assert.Equal("done", await ServerFixture.ReadToEndAsync(client));
        Assert.False(called);
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_the_handler_of_a_hijacked_connection()
    {
        var gone = new TaskCompletionSource();
        await using ServerFixture server = await ServerFixture.StartAsync(routes => routes.Post("/containers/{id}/attach", async request =>
        {
            await using HijackedStream stream = await request.HijackAsync(StreamFrame.RawMediaType);
            while (!stream.ClientGone.IsCancellationRequested)
            {
                await stream.WriteAsync(new byte[1000]);
                await Task.Delay(1);
            }
            gone.SetResult();
        }));
        using (Socket client = await server.ConnectAsync(Plain))
            _ = await ServerFixture.ReadHeadAsync(client);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silent_stream_ends_when_its_client_goes_away(bool halfOnly)
    {
        var ended = new TaskCompletionSource();
        await using ServerFixture server = await ServerFixture.StartAsync(routes => routes.Get("/events", async request =>
        {
            _ = await request.StartStreamAsync("application/json");
            await request.StreamUntilClientGoneAsync(cancellation => Task.Delay(Timeout.Infinite, cancellation));
            ended.SetResult();
        }));
        using Socket client = await server.ConnectAsync("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Contains("Content-Type: application/json", await ServerFixture.ReadHeadAsync(client));
        Assert.False(ended.Task.IsCompleted);
        if (halfOnly)
            client.Shutdown(SocketShutdown.Send);
        else
            client.Close();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Failures_are_answered_as_a_message_and_the_connection_goes_on()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(routes => routes.Get("/containers/{id}/json",
            request => throw TareException.NotFound($"No such container: {request.Value("id")}")));
        using Socket client = await server.ConnectAsync(
            "GET /containers/x/json HTTP/1.1\r\nHost: x\r\n\r\nGET /v1.20/info HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        string answers = await ServerFixture.ReadToEndAsync(client);

        Assert.Contains("HTTP/1.1 404 Not Found", answers);
        Assert.Contains("{\"message\":\"No such container: x\"}", answers);
        Assert.Contains("HTTP/1.1 400 Bad Request", answers);
        Assert.Contains("client version 1.20 is too old.", answers);
        Assert.EndsWith("{\"message\":\"page not found\"}", answers);
        Assert.Equal(3, answers.Split("Server: Tare/0.0 (linux)").Length - 1);
    }

    private static void Map(RouteTable routes)
    {
        routes.Post("/containers/{id}/attach", AnswerAfterInputAsync);
        routes.Post("/exec/{id}/start", async request =>
        {
            ErrorResponse body = await request.ReadAsync(EngineApiJson.Default.ErrorResponse);
            Assert.Equal("a", body.Message);
            await AnswerAfterInputAsync(request);
        });
    }

    private static async Task AnswerAfterInputAsync(ApiRequest request)
    {
        await using HijackedStream stream = await request.HijackAsync(StreamFrame.RawMediaType);
        byte[] buffer = new byte[100];
        int total = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
            total += read;
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"got {total} bytes"));
        await Task.Delay(50);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(new string('x', 300_000)));
        await stream.WriteAsync("end"u8.ToArray());
    }
}
