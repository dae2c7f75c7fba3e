using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>What an engine answered; status 0 when it died before it could.</summary>
internal sealed record Answer(int Status, string Body)
{
    public static Answer Lost { get; } = new(0, "");

    /// <summary>Nothing is known of whether it was carried out: the engine died, or said that its keeper had.</summary>
    public bool IsUnknown => Status is 0 or 503;

    public bool Ok => Status is >= 200 and < 300 or 304;

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}

/// <summary>The engine's API over its socket, each request on a connection of its own.</summary>
internal sealed class Api(string socketPath) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
        PooledConnectionLifetime = TimeSpan.Zero,
    })
    {
        BaseAddress = new Uri("http://tare"),
        Timeout = TimeSpan.FromSeconds(60),
    };

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body));

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    public Task<Answer> SendFileAsync(string path, string file) => SendAsync(HttpMethod.Post, path, new StreamContent(File.OpenRead(file)));

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? body)
    {
        // Without content the handler sends a request again, on another connection, when an engine dies before it answers: removed twice is not found.
        using HttpRequestMessage request = new(method, path) { Content = body ?? new ByteArrayContent([]) };
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request);
            return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return Answer.Lost;
        }
        catch (TaskCanceledException)
        {
            return new Answer(599, $"{method} {path} was not answered within a minute");
        }
    }
}
