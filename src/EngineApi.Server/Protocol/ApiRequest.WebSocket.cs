using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tare.EngineApi.Server.Transport;
using Tare.Errors;

namespace Tare.EngineApi.Server.Protocol;

public sealed partial class ApiRequest
{
    /// <summary>RFC 6455, section 1.3.</summary>
    private const string WebSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>The key of a request that wants a websocket; InvalidArgument when it is none.</summary>
    public string WebSocketKey()
    {
        IHeaderDictionary headers = http.Request.Headers;
        string key = headers.SecWebSocketKey.ToString();
        if (!headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
            || !headers.Connection.ToString().Contains("upgrade", StringComparison.OrdinalIgnoreCase))
        {
            throw TareException.Invalid("bad request: this path is for websockets, and the request asks for no upgrade to one");
        }
        if (headers.SecWebSocketVersion != "13")
            throw TareException.Invalid($"bad request: websocket version {headers.SecWebSocketVersion} is not supported, 13 is");
        Span<byte> nonce = stackalloc byte[16];
        return Convert.TryFromBase64String(key, nonce, out int length) && length == 16 ? key
            : throw TareException.Invalid("bad request: Sec-WebSocket-Key is not 16 bytes in base64");
    }

    /// <summary>Takes the connection away from HTTP for a websocket whose messages are binary or text.</summary>
    public async Task<WebSocketStream> AcceptWebSocketAsync(string key, bool binary)
    {
#pragma warning disable CA5350 // The protocol asks for it; nothing is secured by it.
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + WebSocketGuid)));
#pragma warning restore CA5350
        HijackedStream wire = Hijack(StatusCodes.Status101SwitchingProtocols);
        await SendHeadAsync(wire, $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n");
        return new WebSocketStream(wire, binary);
    }

    private HijackedStream Hijack(int status)
    {
        IClientConnection connection = http.Features.Get<IClientConnection>()
            ?? throw TareException.Internal("the transport of this request cannot be hijacked");
        // The conversation may last for days: it is recorded when it begins.
        Record?.Write(status);
        return connection.Hijack();
    }

    private async Task SendHeadAsync(HijackedStream stream, string head)
    {
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in http.Response.Headers)
            head += $"{name}: {value}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n"));
    }
}
