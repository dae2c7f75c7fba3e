using Microsoft.AspNetCore.Http;
using Tare.Registry.Protocol;

namespace Tare.Registry.Uploads;

/// <summary>PATCH of an upload: one chunk, or a stream of unknown length.</summary>
internal static class UploadChunk
{
    public static async Task HandleAsync(RegistryCall call)
    {
        // What a client sent before it went is kept, also when it had gone by the time that anybody looked.
        using UploadStore.Taken taken = await call.Parts.Uploads.TakeAsync(call.Repository, call.Reference, CancellationToken.None);
        await UploadBody.AppendAsync(call, taken.Upload);
        UploadBody.SetProgress(call, taken.Upload);
        call.Answer(StatusCodes.Status202Accepted);
    }
}
