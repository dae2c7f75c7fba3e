using Microsoft.AspNetCore.Http;
using Tare.Registry.Protocol;

namespace Tare.Registry.Uploads;

/// <summary>DELETE of an upload: it is over and what has arrived is gone.</summary>
internal static class UploadCancel
{
    public static async Task HandleAsync(RegistryCall call)
    {
        using UploadStore.Taken taken = await call.Parts.Uploads.TakeAsync(call.Repository, call.Reference, call.Aborted);
        call.Parts.Uploads.Cancel(taken.Upload);
        call.Answer(StatusCodes.Status204NoContent);
    }
}
