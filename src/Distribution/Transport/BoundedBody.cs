using Tare.Errors;

namespace Tare.Distribution.Transport;

/// <summary>Reads whole answers that must be small, from servers that may send anything or nothing. Stateless.</summary>
internal static class BoundedBody
{
    /// <summary>The body; more than the limit is InvalidArgument, silence is Unavailable.</summary>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, string what, TimeSpan silence, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentLength > limit)
            throw TareException.Invalid($"{what}: the answer has {response.Content.Headers.ContentLength} bytes, more than the {limit} it may have");
        await using Stream body = new PatientStream(await response.Content.ReadAsStreamAsync(cancel), silence);
        var whole = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (await body.ReadAsync(buffer, cancel) is var read and > 0)
            {
                whole.Write(buffer, 0, read);
                if (whole.Length > limit)
                    throw TareException.Invalid($"{what}: the answer has more than the {limit} bytes it may have");
            }
        }
        catch (IOException e)
        {
            throw new TareException(ErrorKind.Unavailable, what, e);
        }
        return whole.ToArray();
    }
}
