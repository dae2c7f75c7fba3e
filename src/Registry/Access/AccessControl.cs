using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tare.Registry.Protocol;

namespace Tare.Registry.Access;

/// <summary>
/// Who a request is from and what it may do. Without a password file and without tokens everybody may everything; with either, nobody unknown may anything
/// that no rule allows. Thread-safe.
/// </summary>
internal sealed class AccessControl(Htpasswd? passwords, TokenVerifier? tokens, IReadOnlyList<AccessRule> rules, bool publicMetrics = false) : IDisposable
{
    private const string Realm = "Tare registry";

    private bool IsOpen => passwords is null && tokens is null && rules.Count == 0;

    /// <summary>Reads the Authorization header. Wrong credentials are UNAUTHORIZED; none are the anonymous caller.</summary>
    public async Task<Caller> IdentifyAsync(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ Length: > 0 } header] || !AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? given))
            return request.Headers.Authorization.Count == 0 ? Caller.Anonymous : throw Unauthorized("the Authorization header is not understood");
        if (passwords is null && tokens is null)
            return Caller.Anonymous;
        if (given.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && passwords is not null)
        {
            (string user, string password) = Basic(given.Parameter);
            return await passwords.VerifyAsync(user, password, request.HttpContext.RequestAborted) ? new Caller(user) : throw Unauthorized("wrong user name or password");
        }
        if (given.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && tokens is not null)
            return tokens.Verify(given.Parameter ?? "", DateTimeOffset.UtcNow) ?? throw Unauthorized("the token is not valid here");
        throw Unauthorized("this kind of authorization is not accepted");
    }

    /// <summary>True when the caller may do this with the repository.</summary>
    public bool Allows(Caller caller, string repository, RepositoryAction action)
    {
        if (IsOpen)
            return true;
        if (caller.Token is { } token && (token.ActionsOn(repository) & action) != action)
            return false;
        if (rules.Count == 0)
            return !caller.IsAnonymous;
        RepositoryAction allowed = RepositoryAction.None;
        foreach (AccessRule rule in rules.Where(rule => rule.Covers(caller, repository)))
            allowed |= rule.Allow;
        return (allowed & action) == action;
    }

    /// <summary>Throws unless the caller may do this: UNAUTHORIZED when credentials could help, else DENIED.</summary>
    public void Require(Caller caller, string repository, RepositoryAction action)
    {
        if (Allows(caller, repository, action))
            return;
        if ((passwords is not null || tokens is not null) && (caller.IsAnonymous || caller.Token is not null))
            throw Unauthorized("authentication required", repository, action);
        throw new RegistryException(ErrorCode.Denied, "requested access to the resource is denied");
    }

    /// <summary>For what belongs to no repository: with authentication, the caller is somebody. Clients find out here how to log in.</summary>
    public void RequireKnown(Caller caller)
    {
        if ((passwords is not null || tokens is not null) && caller.IsAnonymous)
            throw Unauthorized("authentication required");
    }

    /// <summary>Metrics are for everybody when the registry is open or the configuration says so.</summary>
    public void RequireMetrics(Caller caller)
    {
        if (!publicMetrics)
            RequireKnown(caller);
    }

    /// <summary>Tells a client how to authenticate, for what it tried to do.</summary>
    public void Challenge(HttpContext context)
    {
        if (tokens is not null)
            context.Response.Headers.Append("WWW-Authenticate", tokens.Challenge(ScopeOf(context.Request), context.Request.Headers.Authorization.Count > 0));
        if (passwords is not null)
            context.Response.Headers.Append("WWW-Authenticate", $"Basic realm=\"{Realm}\"");
    }

    public void Dispose() => passwords?.Dispose();

    private static string? ScopeOf(HttpRequest request)
    {
        var path = RegistryPath.Parse(request.Path.Value ?? "");
        if (path.Resource == Resource.Catalog)
            return "registry:catalog:*";
        if (path.Repository.Length == 0)
            return null;
        string actions = Verbs.Find(request.Method, path.Resource)?.Action switch
        {
            RepositoryAction.Write => "pull,push",
            RepositoryAction.Delete => "delete",
            _ => "pull",
        };
        string scope = $"repository:{path.Repository}:{actions}";
        return request.Query["from"] is [{ } from] && RegistryPath.IsName(from) ? $"{scope} repository:{from}:pull" : scope;
    }

    private static (string User, string Password) Basic(string? parameter)
    {
        try
        {
            string text = Encoding.UTF8.GetString(Convert.FromBase64String(parameter ?? ""));
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                return (text[..colon], text[(colon + 1)..]);
        }
        catch (FormatException)
        {
            // Said below.
        }
        throw Unauthorized("the Authorization header is not understood");
    }

    private static RegistryException Unauthorized(string message, string? repository = null, RepositoryAction action = RepositoryAction.None) =>
        new(ErrorCode.Unauthorized, message, detail: repository is null ? null : $"{repository}: {action}");
}
