using System.Globalization;
using Tare.Engine.Containers;
using Tare.Engine.Containers.Logs;
using Tare.Engine.Filtering;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;
using Tare.EngineApi.Streams;
using Tare.Errors;

namespace Tare.EngineApi.Server.Containers;

/// <summary>/containers/{id}: attach, logs and stats.</summary>
internal static class StreamRoutes
{
    public static void Map(RouteTable routes, ContainerServices containers)
    {
        routes.Post("/containers/{id}/attach", request => AttachAsync(request, containers.Attach));
        routes.Get("/containers/{id}/attach/ws", request => AttachWebSocketAsync(request, containers.Attach));
        routes.Get("/containers/{id}/logs", request => LogsAsync(request, containers.Logs));
        routes.Get("/containers/{id}/stats", request => StatsAsync(request, containers.Stats));
    }

    /// <summary>Frames have a media type of their own since API 1.42, on hijacked connections only when the client asked for an upgrade.</summary>
    internal static string HijackMediaType(ApiRequest request, bool multiplexed) =>
        multiplexed && request.Since(42) && request.Http.Request.Headers.Upgrade.Count > 0 ? StreamFrame.MultiplexedMediaType : StreamFrame.RawMediaType;

    private static async Task AttachAsync(ApiRequest request, ContainerAttach attach)
    {
        bool stdin = request.Flag("stdin");
        await using ContainerStream process = await attach.OpenAsync(request.Value("id"), new AttachOptions
        {
            Stream = request.Flag("stream"),
            Logs = request.Flag("logs"),
            Stdin = stdin,
            Stdout = request.Flag("stdout"),
            Stderr = request.Flag("stderr"),
            DetachKeys = request.Text("detachKeys"),
        });
        await using HijackedStream client = await request.HijackAsync(HijackMediaType(request, process.IsMultiplexed));
        await process.PumpAsync(stdin ? client : null, client, client.ClientGone);
    }

    /// <summary>Everything in one stream without frames: messages keep apart what belongs together. The streams are chosen since API 1.42.</summary>
    private static async Task AttachWebSocketAsync(ApiRequest request, ContainerAttach attach)
    {
        string key = request.WebSocketKey();
        bool all = !request.Since(42);
        await using ContainerStream process = await attach.OpenAsync(request.Value("id"), new AttachOptions
        {
            Stream = request.Flag("stream"),
            Logs = request.Flag("logs"),
            Stdin = all || request.Flag("stdin"),
            Stdout = all || request.Flag("stdout"),
            Stderr = all || request.Flag("stderr"),
            DetachKeys = request.Text("detachKeys"),
            Raw = true,
        });
        await using WebSocketStream client = await request.AcceptWebSocketAsync(key, binary: request.Since(28));
        await process.PumpAsync(client, client, client.ClientGone);
    }

    private static async Task LogsAsync(ApiRequest request, ContainerLogs logs)
    {
        var options = new LogsOptions
        {
            Follow = request.Flag("follow"),
            Stdout = request.Flag("stdout"),
            Stderr = request.Flag("stderr"),
            Since = QueryTime.ParseNanoseconds(Given(request.Query("since"))),
            Until = QueryTime.ParseNanoseconds(Given(request.Query("until"))),
            Timestamps = request.Flag("timestamps"),
            Details = request.Flag("details"),
            Tail = int.TryParse(request.Query("tail"), NumberStyles.None, CultureInfo.InvariantCulture, out int lines) ? lines : null,
        };
        if (!options.Stdout && !options.Stderr)
            throw TareException.Invalid("Bad parameters: you must choose at least one stream");
        ContainerLogStream log = logs.Open(request.Value("id"), options);
        Stream body = await request.StartStreamAsync(
            log.IsMultiplexed && request.Since(42) ? StreamFrame.MultiplexedMediaType : StreamFrame.RawMediaType);
        await request.StreamUntilClientGoneAsync(cancellation => log.CopyToAsync(body, cancellation));
    }

    private static async Task StatsAsync(ApiRequest request, ContainerStatistics statistics)
    {
        bool stream = request.Flag("stream", otherwise: true);
        bool oneShot = request.Flag("one-shot");
        if (stream && oneShot)
            throw TareException.Invalid("cannot have stream=true and one-shot=true");
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted);
        IAsyncEnumerable<ContainerStats> samples = statistics.ReadAsync(request.Value("id"), stream, oneShot, gone.Token);
        _ = await request.StartStreamAsync("application/json");
        await request.StreamUntilClientGoneAsync(async cancellation =>
        {
            await foreach (ContainerStats sample in samples.WithCancellation(cancellation))
                await request.WriteLineAsync(sample, EngineApiJson.Default.ContainerStats);
        });
    }

    /// <summary>Clients say 0 for "no bound".</summary>
    private static string? Given(string? time) => time is "0" ? null : time;
}
