using Tare.Distribution.Auth;
using Tare.Distribution.Hosts;
using Tare.Distribution.Repositories;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci;

namespace Tare.Distribution;

/// <summary>
/// An engine's way to registries: connections and configuration, no users. Makes a <see cref="Repository"/> for each operation of a user. Thread-safe.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    private const string LoginScope = "";

    private readonly RegistryOptions _options;
    private readonly HttpPool _pool;
    private readonly RealmPolicy _realms;

    public RegistryClient(RegistryOptions options)
    {
        _options = options;
        _pool = new HttpPool();
        _realms = new RealmPolicy(options.TokenRealms);
        Hosts = new HostTable(options);
    }

    /// <summary>How this client was set up.</summary>
    public RegistryOptions Options => _options;

    /// <summary>The servers behind names.</summary>
    public HostTable Hosts { get; }

    /// <summary>A repository as a user sees it.</summary>
    public Repository Open(Reference reference, RegistryCredentials credentials) =>
        new(Session(credentials), reference, Hosts.Of(reference.Domain));

    /// <summary>Checks credentials with a registry; returns the identity token that its token server gave, or "".</summary>
    public async Task<string> LoginAsync(string domain, RegistryCredentials credentials, CancellationToken cancel)
    {
        RegistrySession session = Session(credentials);
        RegistryHost host = Hosts.Of(domain)[^1];
        string what = $"log in to {domain}";
        using HttpResponseMessage response = await session.SendAsync(
            host, LoginScope, what, root => new HttpRequestMessage(HttpMethod.Get, new Uri(root, host.ApiPath + "/")), cancel);
        return response.IsSuccessStatusCode ? session.Authorizer.IdentityToken : throw await session.FailureAsync(response, what, cancel);
    }

    /// <summary>Finds repositories of a registry by a word.</summary>
    public Task<IReadOnlyList<SearchResult>> SearchAsync(string domain, string term, int limit, RegistryCredentials credentials, CancellationToken cancel) =>
        RegistrySearch.RunAsync(Session(credentials), Hosts.Of(domain)[^1], domain, term, limit, cancel);

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    private RegistrySession Session(RegistryCredentials credentials) => new(_pool, new Authorizer(credentials, _realms, _pool, _options), _options);
}
