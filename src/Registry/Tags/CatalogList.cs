using Microsoft.AspNetCore.Http;
using Tare.Registry.Access;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;

namespace Tare.Registry.Tags;

/// <summary>GET of _catalog: the repositories that the caller may read, in pages of bounded size.</summary>
internal static class CatalogList
{
    private const int DefaultPage = 100;
    private const int MaxPage = 1000;

    /// <summary>How many names one request looks at, however few of them the caller may see.</summary>
    private const int MaxLooked = 10_000;

    public static async Task HandleAsync(RegistryCall call)
    {
        string? last = call.Query("last");
        if (last is not null && !RegistryPath.IsName(last))
            throw new RegistryException(ErrorCode.NameInvalid, "invalid last: a repository name is expected");
        int size = call.PageSize(MaxPage) ?? DefaultPage;
        List<string> names = [];
        bool more = false;
        if (size > 0)
        {
            IReadOnlyList<KeyValuePair<string, RepositoryRecord>> looked = call.Parts.Repositories.Repositories(last, MaxLooked);
            foreach ((string name, _) in looked.Where(r => call.Parts.Access.Allows(call.Caller, r.Key, RepositoryAction.Read)))
            {
                more = names.Count == size;
                if (more)
                    break;
                names.Add(name);
            }
            string? next = more ? names[^1] : looked.Count == MaxLooked ? looked[^1].Key : null;
            if (next is not null)
                call.Response.Headers.Link = $"</v2/_catalog?n={size}&last={Uri.EscapeDataString(next)}>; rel=\"next\"";
        }
        await call.AnswerAsync(StatusCodes.Status200OK, new CatalogBody(names), RegistryJson.Default.CatalogBody);
    }
}
