using System.Globalization;
using System.Text;
using Tare.Registry.Protocol;

namespace Tare.Registry.Metrics;

/// <summary>GET /metrics: the counters in Prometheus' text format.</summary>
internal static class MetricsGet
{
    private const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    public static Task HandleAsync(RegistryCall call)
    {
        var text = new StringBuilder();
        RegistryMetrics metrics = call.Parts.Metrics;
        Head(text, "tare_registry_requests_total", "counter", "Requests by method and status.");
        foreach (((string method, int status), long count) in metrics.Requests.OrderBy(r => r.Key.Method, StringComparer.Ordinal).ThenBy(r => r.Key.Status))
            _ = text.Append(CultureInfo.InvariantCulture, $"tare_registry_requests_total{{method=\"{method}\",status=\"{status}\"}} {count}\n");
        Add("tare_registry_received_bytes_total", "counter", "Bytes of blobs received.", metrics.BytesReceived);
        Add("tare_registry_sent_bytes_total", "counter", "Bytes of blobs and manifests sent.", metrics.BytesSent);
        (int repositories, int manifests, int tags, int blobs) = call.Parts.Repositories.Count();
        Add("tare_registry_repositories", "gauge", "Repositories.", repositories);
        Add("tare_registry_manifests", "gauge", "Manifests of all repositories.", manifests);
        Add("tare_registry_tags", "gauge", "Tags of all repositories.", tags);
        Add("tare_registry_blobs", "gauge", "Blobs of all repositories.", blobs);
        Add("tare_registry_repository_bytes", "gauge", "Bytes of all repositories; content that several share counts in each.", call.Parts.Repositories.TotalBytes());
        Add("tare_registry_uploads", "gauge", "Uploads that have begun.", call.Parts.Uploads.Count);
        Add("tare_registry_collected_tags_total", "counter", "Tags that retention dropped.", metrics.TagsCollected);
        Add("tare_registry_collected_manifests_total", "counter", "Manifests that retention dropped.", metrics.ManifestsCollected);
        Add("tare_registry_collected_blobs_total", "counter", "Blobs that no manifest needed.", metrics.BlobsCollected);
        Add("tare_registry_deleted_contents_total", "counter", "Contents deleted from the store.", metrics.ContentsDeleted);
        Add("tare_registry_cancelled_uploads_total", "counter", "Uploads whose client did not come back.", metrics.UploadsCancelled);
        Add("tare_registry_webhooks_delivered_total", "counter", "Events that a webhook took.", metrics.WebhooksDelivered);
        Add("tare_registry_webhooks_lost_total", "counter", "Events that no attempt could deliver.", metrics.WebhooksLost);
        Add("tare_registry_cache_hits_total", "counter", "Pulls through the cache that it could answer.", metrics.CacheHits);
        Add("tare_registry_cache_misses_total", "counter", "Pulls through the cache that went upstream.", metrics.CacheMisses);
        return call.AnswerAsync(200, Encoding.UTF8.GetBytes(text.ToString()), MediaType);

        void Add(string name, string kind, string help, long value)
        {
            Head(text, name, kind, help);
            _ = text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
        }
    }

    private static void Head(StringBuilder text, string name, string kind, string help) => text.Append($"# HELP {name} {help}\n# TYPE {name} {kind}\n");
}
