using System.Text.Json;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;

namespace Tare.Distribution.Repositories;

/// <summary>The tags of a repository as a registry sends them, a page at a time.</summary>
internal sealed record TagList
{
    [System.Text.Json.Serialization.JsonPropertyName("tags")]
    public string[]? Tags { get; init; }
}

/// <summary>Lists the tags of a repository. Stateless.</summary>
public static class TagsGet
{
    private const int MaxPages = 1000;

    /// <summary>All tags, in the registry's order.</summary>
    public static Task<IReadOnlyList<string>> RunAsync(Repository repository, CancellationToken cancel) =>
        repository.AskAsync(byTag: true, host => RunAsync(repository, host, cancel));

    private static async Task<IReadOnlyList<string>> RunAsync(Repository repository, RegistryHost host, CancellationToken cancel)
    {
        string what = $"tags of {repository.Reference.Repository}";
        var tags = new List<string>();
        Uri? next = null;
        for (int page = 0; page < MaxPages; page++)
        {
            Uri? from = next;
            using HttpResponseMessage response = await repository.Session.SucceedAsync(
                host, repository.PullScope, what, root => new HttpRequestMessage(HttpMethod.Get, from ?? new Uri(root, repository.PathOf(host, "tags/list?n=1000"))), cancel);
            byte[] body = await BoundedBody.ReadAsync(response, 4 << 20, what, repository.Session.Options.Silence, cancel);
            try
            {
                tags.AddRange(JsonSerializer.Deserialize(body, DistributionJson.Default.TagList)?.Tags ?? []);
            }
            catch (JsonException e)
            {
                throw TareException.Invalid($"{what}: the answer can not be read", e);
            }
            next = Next(response);
            if (next is null)
                break;
        }
        return tags;
    }

    /// <summary>The address in a Link header with rel="next" (RFC 8288), or null.</summary>
    private static Uri? Next(HttpResponseMessage response)
    {
        string link = response.Headers.TryGetValues("Link", out IEnumerable<string>? values) ? values.First() : "";
        int open = link.IndexOf('<', StringComparison.Ordinal);
        int close = link.IndexOf('>', StringComparison.Ordinal);
        return open >= 0 && close > open && link.Contains("rel=\"next\"", StringComparison.Ordinal) && Uri.TryCreate(response.RequestMessage!.RequestUri!, link[(open + 1)..close], out Uri? next)
            ? next : null;
    }
}
