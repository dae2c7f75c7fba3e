using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Tare.Registry.Proxy;

/// <summary>
/// The authorizations for an upstream registry: basic, or tokens by its challenge. A realm that is neither on the upstream's host nor configured is asked
/// without credentials, whatever the challenge says, and only over TLS when the upstream is. Thread-safe.
/// </summary>
internal sealed class UpstreamTokens(ProxyRule rule) : IDisposable
{
    private const int MaxAnswer = 1 << 20;
    private static readonly TimeSpan DefaultLife = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, (AuthenticationHeaderValue Value, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _asking = new(1);

    /// <summary>An authorization that was good for a repository before and still should be, or null.</summary>
    public AuthenticationHeaderValue? Known(string repository) =>
        _known.TryGetValue(repository, out (AuthenticationHeaderValue Value, DateTimeOffset Until) known) && known.Until > DateTimeOffset.UtcNow ? known.Value : null;

    /// <summary>What answers a challenge, or null when nothing does.</summary>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(HttpClient client, HttpHeaderValueCollection<AuthenticationHeaderValue> challenges, string repository, CancellationToken cancel)
    {
        if (challenges.FirstOrDefault(c => c.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) is { } bearer)
        {
            await _asking.WaitAsync(cancel);
            try
            {
                return await AskAsync(client, UpstreamChallenge.Parse(bearer.Parameter ?? ""), repository, cancel);
            }
            finally
            {
                _ = _asking.Release();
            }
        }
        AuthenticationHeaderValue? basic = challenges.Any(c => c.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)) ? Basic() : null;
        if (basic is not null)
            _known[repository] = (basic, DateTimeOffset.MaxValue);
        return basic;
    }

    /// <summary>True when a token server may see the credentials.</summary>
    public bool IsTrusted(Uri realm) =>
        (realm.Scheme == rule.Upstream.Scheme && realm.Authority == rule.Upstream.Authority)
        || ((realm.Scheme == "https" || rule.Upstream.Scheme == "http") && rule.RealmHosts.Contains(realm.IsDefaultPort ? realm.Host : realm.Authority, StringComparer.OrdinalIgnoreCase));

    public void Dispose() => _asking.Dispose();

    private async Task<AuthenticationHeaderValue?> AskAsync(HttpClient client, Dictionary<string, string> challenge, string repository, CancellationToken cancel)
    {
        if (!challenge.TryGetValue("realm", out string? text) || !Uri.TryCreate(text, UriKind.Absolute, out Uri? realm) || realm.Scheme is not ("http" or "https"))
            throw new HttpRequestException("the upstream registry names no usable token server");
        if (rule.Upstream.Scheme == "https" && realm.Scheme != "https")
            throw new HttpRequestException($"the upstream registry names a token server without TLS: {realm.Authority}");
        string query = $"scope={Uri.EscapeDataString($"repository:{repository}:pull")}";
        if (challenge.TryGetValue("service", out string? service))
            query += $"&service={Uri.EscapeDataString(service)}";
        var address = new UriBuilder(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query[1..]}&{query}" : query };
        using var request = new HttpRequestMessage(HttpMethod.Get, address.Uri);
        if (IsTrusted(realm))
            request.Headers.Authorization = Basic();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"the token server {realm.Authority} answers {(int)answer.StatusCode}");
        return Remember(repository, await ReadAsync(answer, limit.Token));
    }

    private AuthenticationHeaderValue Remember(string repository, byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            string token = (root.TryGetProperty("token", out JsonElement t) ? t : root.GetProperty("access_token")).GetString() ?? "";
            TimeSpan life = root.TryGetProperty("expires_in", out JsonElement e) && e.TryGetInt32(out int seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : DefaultLife;
            var value = new AuthenticationHeaderValue("Bearer", token);
            _known[repository] = (value, DateTimeOffset.UtcNow + (life * 0.8));
            return value;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new HttpRequestException("the token server's answer is not understood", error);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using Stream body = await answer.Content.ReadAsStreamAsync(cancel);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancel)) > 0;)
        {
            if (bytes.Length + read > MaxAnswer)
                throw new HttpRequestException("the token server's answer is too large");
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }

    private AuthenticationHeaderValue? Basic() => rule.UserName is null ? null
        : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{rule.UserName}:{rule.Password}")));
}

/// <summary>The parameters of a WWW-Authenticate header.</summary>
internal static class UpstreamChallenge
{
    /// <summary>Reads name="value" and name=value, separated by commas; names in lower case.</summary>
    public static Dictionary<string, string> Parse(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int at = 0; at < text.Length;)
        {
            int equals = text.IndexOf('=', at);
            if (equals < 0)
                break;
            string name = text[at..equals].Trim(' ', ',').ToLowerInvariant();
            bool quoted = equals + 1 < text.Length && text[equals + 1] == '"';
            int start = quoted ? equals + 2 : equals + 1;
            int end = text.IndexOf(quoted ? '"' : ',', start);
            if (end < 0)
                end = text.Length;
            parameters[name] = text[start..end];
            at = end + 1;
        }
        return parameters;
    }
}
