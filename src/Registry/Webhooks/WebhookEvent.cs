namespace Tare.Registry.Webhooks;

/// <summary>The body of a notification, in the form of the distribution registry's, which receivers know.</summary>
internal sealed record WebhookEnvelope(WebhookEvent[] Events)
{
    public const string MediaType = "application/vnd.docker.distribution.events.v1+json";
}

/// <summary>One thing that happened.</summary>
internal sealed record WebhookEvent
{
    public required string Id { get; init; }
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>push, pull, mount or delete.</summary>
    public required string Action { get; init; }
    public required WebhookTarget Target { get; init; }
    public required WebhookRequest Request { get; init; }
    public required WebhookActor Actor { get; init; }
}

/// <summary>What it happened to.</summary>
internal sealed record WebhookTarget
{
    public string? MediaType { get; init; }
    public long? Size { get; init; }
    public string? Digest { get; init; }
    public required string Repository { get; init; }
    public string? Tag { get; init; }
    public string? Url { get; init; }
}

/// <summary>The request that did it.</summary>
internal sealed record WebhookRequest(string Id, string? Addr, string? Host, string Method, string? Useragent);

/// <summary>Who did it.</summary>
internal sealed record WebhookActor(string? Name);
