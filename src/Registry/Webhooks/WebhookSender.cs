using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;
using Tare.Oci;
using Tare.Registry.Access;
using Tare.Registry.Metrics;
using Tare.Registry.Protocol;

namespace Tare.Registry.Webhooks;

/// <summary>Somebody who wants to know what happens.</summary>
public sealed record WebhookOptions
{
    /// <summary>Where events are posted.</summary>
    public required Uri Url { get; init; }

    /// <summary>Sent along, an Authorization for example.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>push, pull, mount, delete; empty is all but pull.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    /// <summary>Of which repositories; null is all.</summary>
    public RepositoryPattern? Repositories { get; init; }
}

/// <summary>
/// Posts events to webhooks, one queue each, so that a slow receiver delays nobody. A queue is bounded and lives in memory: what does not fit, and what no
/// attempt delivers, is counted as lost. Thread-safe.
/// </summary>
internal sealed class WebhookSender : IAsyncDisposable
{
    private const int QueueLength = 1000;
    private const int Attempts = 6;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    private readonly RegistryMetrics _metrics;
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };
    private readonly List<(WebhookOptions Hook, Channel<WebhookEvent> Queue, Task Worker)> _hooks = [];

    public WebhookSender(IEnumerable<WebhookOptions> hooks, RegistryMetrics metrics)
    {
        _metrics = metrics;
        foreach (WebhookOptions hook in hooks)
        {
            var queue = Channel.CreateBounded<WebhookEvent>(QueueLength);
            _hooks.Add((hook, queue, Task.Run(() => DeliverAllAsync(hook, queue.Reader))));
        }
    }

    /// <summary>Tells those who want to know. Returns at once.</summary>
    public void Say(string action, RegistryCall call, Digest? digest, long? size = null, string? mediaType = null, string? tag = null)
    {
        if (_hooks.Count == 0)
            return;
        string place = mediaType is null && tag is null ? "blobs" : "manifests";
        var happened = new WebhookEvent
        {
            Id = Guid.NewGuid().ToString(),
            Timestamp = DateTimeOffset.UtcNow,
            Action = action,
            Target = new WebhookTarget
            {
                MediaType = mediaType ?? (digest is null ? null : "application/octet-stream"),
                Size = size,
                Digest = digest?.ToString(),
                Repository = call.Repository,
                Tag = tag,
                Url = digest is null ? null : $"http://{call.Request.Host}/v2/{call.Repository}/{place}/{digest}",
            },
            Request = new WebhookRequest(
                call.Request.HttpContext.TraceIdentifier, call.Request.HttpContext.Connection.RemoteIpAddress?.ToString(), call.Request.Host.Value, call.Request.Method,
                call.Request.Headers.UserAgent),
            Actor = new WebhookActor(call.Caller.Name),
        };
        foreach ((WebhookOptions hook, Channel<WebhookEvent> queue, _) in _hooks)
        {
            bool wanted = (hook.Actions.Count == 0 ? action != "pull" : hook.Actions.Contains(action)) && hook.Repositories?.Matches(call.Repository) != false;
            if (wanted && !queue.Writer.TryWrite(happened))
                _metrics.Webhook(delivered: false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // What is queued gets a moment; a receiver that is away does not hold up the end.
        foreach ((_, Channel<WebhookEvent> queue, _) in _hooks)
            _ = queue.Writer.TryComplete();
        _stop.CancelAfter(TimeSpan.FromSeconds(2));
        await Task.WhenAll(_hooks.Select(hook => hook.Worker));
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task DeliverAllAsync(WebhookOptions hook, ChannelReader<WebhookEvent> queue)
    {
        try
        {
            await foreach (WebhookEvent happened in queue.ReadAllAsync(_stop.Token))
                _metrics.Webhook(await DeliverAsync(hook, JsonSerializer.SerializeToUtf8Bytes(new WebhookEnvelope([happened]), RegistryJson.Default.WebhookEnvelope)));
        }
        catch (OperationCanceledException)
        {
            // The registry ends.
        }
    }

    private async Task<bool> DeliverAsync(WebhookOptions hook, byte[] body)
    {
        TimeSpan pause = FirstPause;
        for (int attempt = 1; attempt <= Attempts; attempt++, pause *= 2)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url) { Content = new ByteArrayContent(body) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(WebhookEnvelope.MediaType);
                foreach ((string name, string value) in hook.Headers)
                    _ = request.Headers.TryAddWithoutValidation(name, value);
                using HttpResponseMessage answer = await _client.SendAsync(request, _stop.Token);
                if (answer.IsSuccessStatusCode)
                    return true;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !_stop.IsCancellationRequested)
            {
                // Tried again below.
            }
            if (attempt < Attempts)
                await Task.Delay(pause, _stop.Token);
        }
        return false;
    }
}
