using Tare.Registry.Access;
using Tare.Registry.Collection;
using Tare.Registry.Metrics;
using Tare.Registry.Proxy;
using Tare.Registry.Quotas;
using Tare.Registry.Repositories;
using Tare.Registry.Uploads;
using Tare.Registry.Webhooks;
using Tare.Storage.Content;

namespace Tare.Registry;

/// <summary>The parts of one registry, made at start by its host; the verbs work with what they need of them.</summary>
internal sealed record RegistryParts
{
    public required ContentStore Content { get; init; }
    public required RepositoryStore Repositories { get; init; }
    public required UploadStore Uploads { get; init; }
    public required AccessControl Access { get; init; }
    public required QuotaRules Quotas { get; init; }
    public required ProxyCache Proxy { get; init; }
    public required WebhookSender Webhooks { get; init; }
    public required RegistryMetrics Metrics { get; init; }
    public required Collector Collector { get; init; }

    /// <summary>False when nothing can be deleted through the API.</summary>
    public bool DeleteAllowed { get; init; } = true;
}
