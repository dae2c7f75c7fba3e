using System.Net;
using System.Net.Http.Headers;
using Tare.Errors;

namespace Tare.Registry.Proxy;

/// <summary>
/// Requests to another registry. Credentials go to its own host and, for tokens, to realms on hosts that the configuration names; a redirect to another host
/// carries none, and one from TLS to plain text is refused. Thread-safe.
/// </summary>
internal sealed class UpstreamClient(ProxyRule rule) : IDisposable
{
    private const int MaxRedirects = 5;

    private readonly UpstreamTokens _tokens = new(rule);
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends to a path of a repository, with what authentication the upstream asks for. The answer's body is not read yet. Failing to reach it is Unavailable.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string repository, string path, IEnumerable<string> accept, CancellationToken cancel)
    {
        var target = new Uri(rule.Upstream, $"/v2/{repository}/{path}");
        try
        {
            AuthenticationHeaderValue? authorization = _tokens.Known(repository);
            HttpResponseMessage answer = await FollowAsync(method, target, accept, authorization, cancel);
            if (answer.StatusCode != HttpStatusCode.Unauthorized)
                return answer;
            using (answer)
                authorization = await _tokens.AnswerAsync(_client, answer.Headers.WwwAuthenticate, repository, cancel);
            return await FollowAsync(method, target, accept, authorization, cancel);
        }
        catch (HttpRequestException error)
        {
            throw new TareException(ErrorKind.Unavailable, $"ask the upstream registry {rule.Upstream.Authority}", error);
        }
        catch (TaskCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new TareException(ErrorKind.Unavailable, $"the upstream registry {rule.Upstream.Authority} does not answer", error);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _tokens.Dispose();
    }

    private async Task<HttpResponseMessage> FollowAsync(HttpMethod method, Uri target, IEnumerable<string> accept, AuthenticationHeaderValue? authorization, CancellationToken cancel)
    {
        for (int redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(method, target);
            foreach (string type in accept)
                _ = request.Headers.TryAddWithoutValidation("Accept", type);
            if (target.Authority == rule.Upstream.Authority && target.Scheme == rule.Upstream.Scheme)
                request.Headers.Authorization = authorization;
            // The time limit is for the head; a body may take as long as it flows.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location)
                return answer;
            answer.Dispose();
            var next = new Uri(target, location);
            if (redirects == MaxRedirects || next.Scheme is not ("http" or "https") || (target.Scheme == "https" && next.Scheme != "https"))
                throw new HttpRequestException($"the redirect to {next.Scheme}://{next.Authority} is not followed");
            target = next;
        }
    }
}
