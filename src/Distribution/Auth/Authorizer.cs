using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;

namespace Tare.Distribution.Auth;

/// <summary>
/// Answers the challenges of registries for one user during one operation: Basic with the password, Bearer with a token from the token server.
/// Credentials go to the registry's own host and to token servers that <see cref="RealmPolicy"/> allows, nowhere else. Thread-safe.
/// </summary>
internal sealed class Authorizer(RegistryCredentials credentials, RealmPolicy realms, HttpPool pool, RegistryOptions options)
{
    private const string ClientId = "tare";
    private readonly ConcurrentDictionary<(string Host, string Scope), AuthenticationHeaderValue> _known = new();
    private readonly ConcurrentDictionary<(string Host, string Scope), SemaphoreSlim> _asking = new();

    /// <summary>A refresh token that a token server gave, for login.</summary>
    public string IdentityToken { get; private set; } = "";

    /// <summary>What to send without having been asked: what was accepted before.</summary>
    public AuthenticationHeaderValue? Known(RegistryHost host, string scope) => _known.GetValueOrDefault((host.Authority, scope));

    /// <summary>Answers a 401; Unauthorized when there is nothing to answer with.</summary>
    public async Task<AuthenticationHeaderValue> AnswerAsync(
        RegistryHost host, string scope, AuthenticationHeaderValue? refused, IReadOnlyList<Challenge> challenges, CancellationToken cancel)
    {
        // Requests that run at the same time need one token, not one each.
        SemaphoreSlim gate = _asking.GetOrAdd((host.Authority, scope), _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancel);
        try
        {
            if (Known(host, scope) is { } newer && !Equals(newer, refused))
                return newer;
            AuthenticationHeaderValue answer = await AnswerAsync(host, scope, challenges, cancel);
            if (Equals(answer, refused))
                throw new TareException(ErrorKind.Unauthorized, $"registry {host.Authority} refuses the {credentials}");
            return _known[(host.Authority, scope)] = answer;
        }
        finally
        {
            _ = gate.Release();
        }
    }

    private async Task<AuthenticationHeaderValue> AnswerAsync(RegistryHost host, string scope, IReadOnlyList<Challenge> challenges, CancellationToken cancel)
    {
        if (credentials.RegistryToken.Length > 0)
            return new AuthenticationHeaderValue("Bearer", credentials.RegistryToken);
        if (challenges.FirstOrDefault(c => c.Scheme == "bearer" && c["realm"].Length > 0) is { } bearer)
            return new AuthenticationHeaderValue("Bearer", await TokenAsync(host, scope, bearer, cancel));
        if (challenges.Any(c => c.Scheme == "basic"))
            return credentials.HasPassword ? Basic() : throw new TareException(ErrorKind.Unauthorized, $"registry {host.Authority}: no basic auth credentials");
        throw new TareException(ErrorKind.Unauthorized, $"registry {host.Authority} wants an authentication that is not known: "
            + string.Join(", ", challenges.Select(c => c.Scheme).DefaultIfEmpty("none named")));
    }

    private async Task<string> TokenAsync(RegistryHost host, string scope, Challenge challenge, CancellationToken cancel)
    {
        Uri realm = realms.Check(host.Root, challenge["realm"]);
        IEnumerable<string> scopes = scope.Length > 0 ? scope.Split(' ') : challenge["scope"].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        using HttpRequestMessage request = credentials.IdentityToken.Length > 0
            ? Refresh(realm, challenge["service"], string.Join(' ', scopes))
            : Ask(realm, challenge["service"], scopes);
        request.Headers.UserAgent.ParseAdd(options.UserAgent);
        using HttpResponseMessage response = await RegistryFailure.GuardAsync(
            () => pool.Client(host).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel), $"token from {realm.Authority}", cancel);
        byte[] body = await BoundedBody.ReadAsync(response, 1 << 20, $"token from {realm.Authority}", options.Silence, cancel);
        if (!response.IsSuccessStatusCode)
            throw RegistryFailure.Of(response, body, $"token from {realm.Authority}");
        TokenResponse? token;
        try
        {
            token = JsonSerializer.Deserialize(body, DistributionJson.Default.TokenResponse);
        }
        catch (JsonException e)
        {
            throw new TareException(ErrorKind.Unavailable, $"token from {realm.Authority}: the answer can not be read", e);
        }
        if (token is not { Value.Length: > 0 } || token.Value.Any(c => c is < '!' or > '~'))
            throw new TareException(ErrorKind.Unauthorized, $"token from {realm.Authority}: the answer holds none");
        IdentityToken = token.RefreshToken ?? IdentityToken;
        return token.Value;
    }

    private HttpRequestMessage Ask(Uri realm, string service, IEnumerable<string> scopes)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        Add("service", service);
        foreach (string one in scopes)
            Add("scope", one);
        if (credentials.HasPassword)
        {
            Add("account", credentials.User);
            Add("client_id", ClientId);
            Add("offline_token", "true");
        }
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri);
        if (credentials.HasPassword)
            request.Headers.Authorization = Basic();
        return request;

        void Add(string name, string value)
        {
            if (value.Length > 0)
                _ = query.Append(query.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    private HttpRequestMessage Refresh(Uri realm, string service, string scope) => new(HttpMethod.Post, realm)
    {
        Content = new FormUrlEncodedContent(
        [
            new("grant_type", "refresh_token"), new("service", service), new("client_id", ClientId), new("scope", scope),
            new("refresh_token", credentials.IdentityToken),
        ]),
    };

    private AuthenticationHeaderValue Basic() =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}")));
}
