using Microsoft.AspNetCore.Http;
using Tare.Oci;
using Tare.Registry.Protocol;

namespace Tare.Registry.Tags;

/// <summary>GET of a repository's tags in bytewise order, all or in pages.</summary>
internal static class TagList
{
    private const int MaxPage = 10_000;

    public static async Task HandleAsync(RegistryCall call)
    {
        if (!call.Parts.Repositories.HasRepository(call.Repository))
            throw RegistryException.NameUnknown(call.Repository);
        string? last = call.Query("last");
        if (last is not null && !ReferenceGrammar.IsTag(last))
            throw new RegistryException(ErrorCode.Unsupported, "invalid last: a tag is expected", StatusCodes.Status400BadRequest);
        int size = call.PageSize(MaxPage) ?? MaxPage;
        List<string> tags = [];
        if (size > 0)
            tags.AddRange(call.Parts.Repositories.Tags(call.Repository, last, size + 1).Select(tag => tag.Key));
        if (tags.Count > size)
        {
            tags.RemoveAt(size);
            call.Response.Headers.Link = $"</v2/{call.Repository}/tags/list?n={size}&last={Uri.EscapeDataString(tags[^1])}>; rel=\"next\"";
        }
        await call.AnswerAsync(StatusCodes.Status200OK, new TagListBody(call.Repository, tags), RegistryJson.Default.TagListBody);
    }
}
