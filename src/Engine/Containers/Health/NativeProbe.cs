using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Tare.Errors;
using Tare.Linux;
using Tare.Networking.Namespaces;

namespace Tare.Engine.Containers.Health;

/// <summary>Asks a container over its own network, from here: the sockets are made in its network namespace, and nothing runs in the container.</summary>
internal static class NativeProbe
{
    private const int MaxText = 4096;

    /// <summary>Runs a probe in the network namespace of a process; what goes wrong is an unhealthy result. Cancellation is the caller's.</summary>
    internal static async Task<ProbeResult> RunAsync(HealthProbe probe, int pid, CancellationToken cancellation)
    {
        try
        {
            return probe switch
            {
                HealthProbe.Tcp tcp => await ConnectAsync(tcp, pid, cancellation),
                HealthProbe.Http http => await GetAsync(http, pid, cancellation),
                HealthProbe.Grpc grpc => await CheckAsync(grpc, pid, cancellation),
                _ => throw TareException.Internal("a command is no native probe"),
            };
        }
        catch (Exception error) when (error is SocketException or HttpRequestException or IOException or SyscallException)
        {
            return new ProbeResult(1, (error.InnerException ?? error).Message);
        }
    }

    private static async Task<ProbeResult> ConnectAsync(HealthProbe.Tcp tcp, int pid, CancellationToken cancellation)
    {
        using System.Net.Sockets.Socket socket = await OpenAsync(pid, tcp.Host, tcp.Port, cancellation);
        return new ProbeResult(0, $"connected to {tcp.Host}:{tcp.Port.ToString(CultureInfo.InvariantCulture)}");
    }

    private static async Task<ProbeResult> GetAsync(HealthProbe.Http http, int pid, CancellationToken cancellation)
    {
        using HttpClient client = Client(pid, http.Url.IdnHost, http.Url.Port);
        using HttpResponseMessage answer = await client.GetAsync(http.Url, HttpCompletionOption.ResponseHeadersRead, cancellation);
        byte[] beginning = new byte[MaxText];
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellation);
        int length = await body.ReadAtLeastAsync(beginning, MaxText, throwOnEndOfStream: false, cancellation);
        return new ProbeResult((int)answer.StatusCode < 400 ? 0 : 1, $"HTTP {(int)answer.StatusCode}: {Encoding.UTF8.GetString(beginning, 0, length)}");
    }

    /// <summary>grpc.health.v1: one message with the service's name there, one with a status back; HTTP/2 without TLS.</summary>
    private static async Task<ProbeResult> CheckAsync(HealthProbe.Grpc grpc, int pid, CancellationToken cancellation)
    {
        using HttpClient client = Client(pid, grpc.Host, grpc.Port);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{grpc.Host}:{grpc.Port.ToString(CultureInfo.InvariantCulture)}/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(grpc.Service)),
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using HttpResponseMessage answer = await client.SendAsync(request, cancellation);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellation);
        string status = Header(answer.TrailingHeaders) ?? Header(answer.Headers) ?? "missing";
        // The message: five bytes of frame, then field 1, a varint; 1 is SERVING.
        bool serving = status == "0" && body.Length >= 7 && body[5] == 8 && body[6] == 1;
        return new ProbeResult(serving ? 0 : 1, serving ? "SERVING" : $"not serving (gRPC status {status})");
    }

    private static byte[] Frame(string service)
    {
        byte[] name = Encoding.UTF8.GetBytes(service);
        byte[] message = name.Length == 0 ? [] : [0x0a, (byte)Math.Min(name.Length, 127), .. name.AsSpan(0, Math.Min(name.Length, 127))];
        byte[] frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static string? Header(HttpHeaders headers) => headers.TryGetValues("grpc-status", out IEnumerable<string>? values) ? values.First() : null;

    private static HttpClient Client(int pid, string host, int port) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = async (_, cancellation) => new NetworkStream(await OpenAsync(pid, host, port, cancellation), ownsSocket: true),
    });

    private static async Task<System.Net.Sockets.Socket> OpenAsync(int pid, string host, int port, CancellationToken cancellation)
    {
        IPAddress address = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : host == "localhost" ? IPAddress.Loopback
            : throw new IOException($"\"{host}\" is no address: names are not looked up for a health check");
        System.Net.Sockets.Socket socket;
        using (FileDescriptor netns = Fcntl.Open($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/ns/net", Fcntl.O_RDONLY))
            socket = NamespaceThread.Run(netns, Sched.CLONE_NEWNET, () => new System.Net.Sockets.Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            await socket.ConnectAsync(address, port, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
