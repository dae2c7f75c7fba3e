using System.Net.Http;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Tare.Tests.EndToEnd;

/// <summary>Attaching through a websocket.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class WebSocketTests(SharedEngine shared)
{
    private static readonly CancellationTokenSource Patience = new(TimeSpan.FromMinutes(2));
    private readonly Engine _engine = shared.Engine;

    [Fact]
    public async Task Input_that_is_closed_ends_while_output_goes_on()
    {
        string id = _engine.Docker("create", "-i", "busybox", "sh", "-c", "cat; sleep 0.5; echo after; echo error >&2; exit 3").Ok().Trim();
        using ClientWebSocket socket = await ConnectAsync(id, "v1.45", "stream=1&stdin=1&stdout=1&stderr=1");
        _engine.Docker("start", id).Ok();
        await socket.SendAsync("typed\n"u8.ToArray(), WebSocketMessageType.Binary, true, Patience.Token);
        await socket.SendAsync("more "u8.ToArray(), WebSocketMessageType.Binary, false, Patience.Token);
        await socket.SendAsync("parts\n"u8.ToArray(), WebSocketMessageType.Binary, true, Patience.Token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Patience.Token);
        (string output, WebSocketMessageType type) = await ReadAsync(socket);
        Assert.Equal("typed\nmore parts\nafter\nerror\n", output);
        Assert.Equal(WebSocketMessageType.Binary, type);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        Assert.Equal("3", _engine.Tare("wait", id).Ok().Trim());
        _engine.Tare("rm", id).Ok();
    }

    [Fact]
    public async Task Old_clients_get_text_and_a_log_is_replayed()
    {
        string id = _engine.Tare("run", "-d", "busybox", "echo", "logged").Ok().Trim();
        _engine.Tare("wait", id).Ok();
        using ClientWebSocket socket = await ConnectAsync(id, "v1.24", "logs=1");
        Assert.Equal(("logged\n", WebSocketMessageType.Text), await ReadAsync(socket));
        _engine.Tare("rm", id).Ok();
    }

    [Fact]
    public void A_request_that_is_no_websocket_is_refused()
    {
        string id = _engine.Tare("create", "busybox", "true").Ok().Trim();
        Result plain = Curl($"http://localhost/v1.45/containers/{id}/attach/ws?stream=1");
        Assert.Contains("asks for no upgrade", plain.Output);
        Result version = Curl($"http://localhost/v1.45/containers/{id}/attach/ws", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 8", "-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
        Assert.Contains("websocket version 8 is not supported", version.Output);
        Result nobody = Curl("http://localhost/v1.45/containers/nobody/attach/ws", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
        Assert.Contains("No such container: nobody", nobody.Output);
        _engine.Tare("rm", id).Ok();
    }

    private Result Curl(string url, params string[] options) => Repository.Run("curl", ["-s", "-m", "5", "--unix-socket", _engine.SocketPath, .. options, url]);

    private async Task<ClientWebSocket> ConnectAsync(string id, string version, string query)
    {
        ClientWebSocket socket = new();
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket unix = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await unix.ConnectAsync(new UnixDomainSocketEndPoint(_engine.SocketPath), cancellation);
                return new NetworkStream(unix, ownsSocket: true);
            },
        });
        await socket.ConnectAsync(new Uri($"ws://localhost/{version}/containers/{id}/attach/ws?{query}"), invoker, Patience.Token);
        return socket;
    }

    private static async Task<(string Output, WebSocketMessageType Type)> ReadAsync(ClientWebSocket socket)
    {
        StringBuilder output = new();
        byte[] buffer = new byte[4096];
        WebSocketMessageType type = WebSocketMessageType.Close;
        while (true)
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, Patience.Token);
            if (result.MessageType == WebSocketMessageType.Close)
                return (output.ToString(), type);
            type = result.MessageType;
            _ = output.Append(Encoding.UTF8.GetString(buffer, 0, result.Count));
        }
    }
}
