using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tare.Tests.EndToEnd.BadInput;

/// <summary>
/// What came back for bytes that were sent: the status, 0 when the connection was closed without one, -1 when nothing came in time.
/// </summary>
internal sealed record RawAnswer(int Status, string Text)
{
    public const int Closed = 0;
    public const int Silent = -1;

    /// <summary>What follows the head.</summary>
    public string Body => Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0 ? Text[(end + 4)..] : "";
}

/// <summary>Sends bytes to an engine's socket, whether they are HTTP or not, and looks at what comes back.</summary>
internal static class RawClient
{
    private const int Enough = 64 * 1024;

    public static Socket Connect(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>A whole request on a connection of its own, in the form that a well-behaved client gives it.</summary>
    public static byte[] Request(string method, string target, ReadOnlySpan<byte> body, string? contentType = "application/json", string more = "")
    {
        string head = $"{method} {target} HTTP/1.1\r\nHost: tare\r\n{(contentType is null ? "" : $"Content-Type: {contentType}\r\n")}"
            + $"{more}{(more.Contains("Upgrade", StringComparison.Ordinal) ? "" : "Connection: close\r\n")}Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n";
        return [.. Encoding.Latin1.GetBytes(head), .. body];
    }

    /// <summary>The same with a JSON body.</summary>
    public static byte[] Request(string method, string target, string body = "") => Request(method, target, Encoding.UTF8.GetBytes(body));

    /// <summary>Sends and reads until the end of the answer, until its head when <paramref name="headOnly"/> is set, or until the time is over.</summary>
    public static async Task<RawAnswer> SendAsync(string path, byte[] bytes, TimeSpan patience, bool headOnly = false)
    {
        using Socket socket = Connect(path);
        using CancellationTokenSource limit = new(patience);
        // An engine that refuses early does not read the rest.
        Task sending = SendAsync(socket, bytes, limit.Token);
        RawAnswer answer = await ReadAsync(socket, headOnly, limit.Token);
        await limit.CancelAsync();
        await sending;
        return answer;
    }

    public static async Task<RawAnswer> ReadAsync(Socket socket, bool headOnly, CancellationToken limit)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[8192];
        try
        {
            while (text.Length < Enough && await socket.ReceiveAsync(buffer, limit) is var read and > 0)
            {
                _ = text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                if (headOnly && text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            return text.Length == 0 ? new RawAnswer(RawAnswer.Silent, "") : new RawAnswer(RawAnswer.Silent, text.ToString());
        }
        catch (SocketException)
        {
            // A reset is an end too: the engine did not read all that was sent.
        }
        return new RawAnswer(StatusOf(text.ToString()), text.ToString());
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, CancellationToken limit)
    {
        try
        {
            for (int sent = 0; sent < bytes.Length;)
                sent += await socket.SendAsync(bytes.AsMemory(sent), limit);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Debug.Assert(bytes.Length > 0);
        }
    }

    private static int StatusOf(string text) =>
        text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && int.TryParse(text.AsSpan(9, 3), CultureInfo.InvariantCulture, out int status) ? status : RawAnswer.Closed;
}
