using Tare.Engine;
using Tare.Engine.Events;
using Tare.Engine.Filtering;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;

namespace Tare.EngineApi.Server.Daemon;

/// <summary>GET /events.</summary>
internal static class EventRoutes
{
    private const byte RecordSeparator = 0x1e;

    public static void Map(RouteTable routes, EngineHost engine) => routes.Get("/events", request => EventsAsync(request, engine.Events));

    private static async Task EventsAsync(ApiRequest request, EventBus bus)
    {
        long? since = QueryTime.ParseNanoseconds(request.Query("since"));
        long? until = QueryTime.ParseNanoseconds(request.Query("until"));
        var filter = new EventFilter(request.Filters(EventFilter.Keys));
        (string mediaType, byte? prefix) = Form(request);
        // Listening begins before the head is sent: what happens after the client sees the head is not missed.
        using EventSubscription subscription = bus.Subscribe(since);
        _ = await request.StartStreamAsync(mediaType);
        await request.StreamUntilClientGoneAsync(async cancellation =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (until is { } end)
                limit.CancelAfter(Remaining(end));
            try
            {
                await WriteAsync(request, subscription, filter, until, prefix, limit.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The time "until" has come.
            }
        });
    }

    private static async Task WriteAsync(
        ApiRequest request, EventSubscription subscription, EventFilter filter, long? until, byte? prefix, CancellationToken cancellation)
    {
        bool repeats = NeedsRepeats(request);
        while (true)
        {
            // What is queued already goes out even when "until" lies in the past.
            while (subscription.Events.TryRead(out EngineEvent? happened))
            {
                if (until is { } end && happened.UnixNanoseconds > end)
                    return;
                if (filter.Matches(happened))
                    await request.WriteLineAsync(ToWire(happened, repeats), EngineApiJson.Default.EventMessage, prefix);
            }
            if (!await subscription.Events.WaitToReadAsync(cancellation))
                return;
        }
    }

    /// <summary>
    /// Clients before API 1.52 find the main parts a second time under older names. docker-compose 1 asks for whatever version the engine has newest,
    /// and ends with an error when the older names are missing.
    /// </summary>
    private static bool NeedsRepeats(ApiRequest request) =>
        !request.Since(52) || request.Http.Request.Headers.UserAgent.ToString().StartsWith("docker-compose/1.", StringComparison.Ordinal);

    private static EventMessage ToWire(EngineEvent happened, bool repeats)
    {
        repeats &= happened.Type is ("container" or "image");
        return new EventMessage
        {
            Status = repeats ? happened.Action : null,
            Id = repeats ? happened.ActorId : null,
            From = repeats ? happened.Attributes.GetValueOrDefault("image") : null,
            Type = happened.Type,
            Action = happened.Action,
            Actor = new EventActor { ID = happened.ActorId, Attributes = new Dictionary<string, string>(happened.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal)) },
            Scope = "local",
            Time = happened.UnixNanoseconds / 1_000_000_000,
            TimeNano = happened.UnixNanoseconds,
        };
    }

    private static (string MediaType, byte? Prefix) Form(ApiRequest request)
    {
        string accept = request.Http.Request.Headers.Accept.ToString();
        if (accept.Contains("application/json-seq", StringComparison.OrdinalIgnoreCase))
            return ("application/json-seq", RecordSeparator);
        if (accept.Contains("application/x-ndjson", StringComparison.OrdinalIgnoreCase))
            return ("application/x-ndjson", null);
        return (request.Since(52) ? "application/jsonl" : "application/json", null);
    }

    private static TimeSpan Remaining(long untilNanoseconds)
    {
        TimeSpan left = DateTimeOffset.UnixEpoch.AddTicks(untilNanoseconds / 100) - DateTimeOffset.UtcNow;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left > TimeSpan.FromDays(40) ? TimeSpan.FromDays(40) : left;
    }
}
