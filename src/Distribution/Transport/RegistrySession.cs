using System.Net;
using System.Net.Http.Headers;
using Tare.Distribution.Auth;
using Tare.Distribution.Hosts;
using Tare.Errors;

namespace Tare.Distribution.Transport;

/// <summary>
/// Sends requests to registries as one user during one operation: answers challenges, follows redirects without taking credentials to another
/// host, tries again with a growing wait what may pass by itself. Thread-safe.
/// </summary>
internal sealed class RegistrySession(HttpPool pool, Authorizer authorizer, RegistryOptions options)
{
    private const int MaxRedirects = 10;

    /// <summary>How this session was set up.</summary>
    public RegistryOptions Options => options;

    /// <summary>Who answers challenges.</summary>
    public Authorizer Authorizer => authorizer;

    /// <summary>
    /// Sends a request that <paramref name="make"/> makes anew for each attempt from the server's root, and returns the answer whatever its status.
    /// Its request address is where it was answered.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(RegistryHost named, string scope, string what, Func<Uri, HttpRequestMessage> make, CancellationToken cancel)
    {
        RegistryHost host = await pool.ReachAsync(named, cancel);
        AuthenticationHeaderValue? authorization = authorizer.Known(host, scope);
        for (int asked = 0; ; asked++)
        {
            HttpResponseMessage response = await FollowAsync(host, () => make(host.Root), authorization, what, cancel);
            if (response.StatusCode != HttpStatusCode.Unauthorized || asked == 2 || !host.IsOrigin(response.RequestMessage!.RequestUri!))
                return response;
            IReadOnlyList<Challenge> challenges = Challenge.ParseAll(response.Headers.TryGetValues("WWW-Authenticate", out IEnumerable<string>? values) ? values : []);
            response.Dispose();
            authorization = await authorizer.AnswerAsync(host, scope, authorization, challenges, cancel);
        }
    }

    /// <summary>As <see cref="SendAsync"/>, for an answer that must be a success: else its error is thrown. Transient errors are tried again.</summary>
    public Task<HttpResponseMessage> SucceedAsync(RegistryHost host, string scope, string what, Func<Uri, HttpRequestMessage> make, CancellationToken cancel) =>
        RetryAsync(async () =>
        {
            HttpResponseMessage response = await SendAsync(host, scope, what, make, cancel);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                throw await FailureAsync(response, what, cancel);
        }, cancel);

    /// <summary>The error of an answer that is no success.</summary>
    public async Task<TareException> FailureAsync(HttpResponseMessage response, string what, CancellationToken cancel) =>
        RegistryFailure.Of(response, await BoundedBody.ReadAsync(response, 1 << 20, what, options.Silence, cancel), what);

    private async Task<T> RetryAsync<T>(Func<Task<T>> work, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await work();
            }
            catch (TareException e) when (RegistryFailure.IsTransient(e) && !RegistryFailure.IsNobodyThere(e) && attempt < options.Attempts)
            {
                await BackOff.WaitAsync(options, attempt, cancel);
            }
        }
    }

    private async Task<HttpResponseMessage> FollowAsync(
        RegistryHost host, Func<HttpRequestMessage> make, AuthenticationHeaderValue? authorization, string what, CancellationToken cancel)
    {
        Uri? target = null;
        for (int hop = 0; ; hop++)
        {
            using HttpRequestMessage request = make();
            Uri uri = target ?? request.RequestUri!;
            bool origin = host.IsOrigin(uri);
            request.RequestUri = uri;
            request.Headers.UserAgent.ParseAdd(options.UserAgent);
            if (origin)
            {
                request.Headers.Authorization = authorization;
                foreach ((string name, string value) in host.Headers)
                    _ = request.Headers.TryAddWithoutValidation(name, value);
            }
            HttpResponseMessage response = await SendOnceAsync(origin ? pool.Client(host) : pool.Client(uri), request, what, cancel);
            if (!IsRedirect(response, request.Method))
                return response;
            using (response)
                target = Next(host, uri, response.Headers.Location, what);
            if (hop == MaxRedirects)
                throw new TareException(ErrorKind.InvalidArgument, $"{what}: more than {MaxRedirects} redirects");
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpClient client, HttpRequestMessage request, string what, CancellationToken cancel)
    {
        // A body that is sent may take as long as it does; an answer's head may not.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (request.Content is null)
            patience.CancelAfter(options.Silence);
        return await RegistryFailure.GuardAsync(() => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token), what, cancel);
    }

    private static bool IsRedirect(HttpResponseMessage response, HttpMethod method) =>
        response.StatusCode is HttpStatusCode.RedirectKeepVerb or HttpStatusCode.PermanentRedirect
        || (response.StatusCode is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther && (method == HttpMethod.Get || method == HttpMethod.Head));

    private static Uri Next(RegistryHost host, Uri from, Uri? location, string what)
    {
        Uri? next = location is null ? null : location.IsAbsoluteUri ? location : new Uri(from, location);
        if (next is null || next.Scheme is not ("https" or "http"))
            throw TareException.Invalid($"{what}: a redirect to nowhere");
        return next.Scheme == "http" && from.Scheme == "https" && !host.MayUseHttp
            ? throw new TareException(ErrorKind.Forbidden, $"{what}: a redirect from TLS to {next.Authority} without TLS: refused")
            : next;
    }
}
