using Microsoft.AspNetCore.Http;
using Tare.Registry.Protocol;

namespace Tare.Registry.Uploads;

/// <summary>GET of an upload: how much has arrived.</summary>
internal static class UploadStatus
{
    public static async Task HandleAsync(RegistryCall call)
    {
        using UploadStore.Taken taken = await call.Parts.Uploads.TakeAsync(call.Repository, call.Reference, call.Aborted);
        UploadBody.SetProgress(call, taken.Upload);
        call.Answer(StatusCodes.Status204NoContent);
    }
}
