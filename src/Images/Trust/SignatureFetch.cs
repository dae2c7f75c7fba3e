using Tare.Distribution.Repositories;
using Tare.Errors;
using Tare.Images.Pull;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Images.Trust;

/// <summary>Finds the signatures of an image in its repository, under the tag that cosign gives them: sha256-….sig. Stateless.</summary>
internal static class SignatureFetch
{
    private const string SignatureKey = "dev.cosignproject.cosign/signature";
    private const string PayloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
    private const int MaxSignatures = 64;
    private const int MaxPayload = 256 * 1024;

    /// <summary>The signatures, unverified; none when there are none.</summary>
    public static async Task<IReadOnlyList<ImageSignature>> RunAsync(Repository repository, Digest image, CancellationToken cancel)
    {
        FetchedManifest fetched;
        try
        {
            fetched = await ManifestGet.RunAsync(repository, $"{image.Algorithm}-{image.Hex}.sig", cancel);
        }
        catch (TareException e) when (e.Kind == ErrorKind.NotFound)
        {
            return [];
        }
        ImageManifest manifest = ImageJson.Parse(fetched.Content, ImageJson.Default.ImageManifest, "signature manifest");
        var signatures = new List<ImageSignature>();
        foreach (Descriptor layer in manifest.Layers.Where(l => l.MediaType == PayloadType && l.Size is > 0 and <= MaxPayload).Take(MaxSignatures))
        {
            if (layer.Annotations?.GetValueOrDefault(SignatureKey) is { } base64 && TryDecode(base64, out byte[] signature))
                signatures.Add(new ImageSignature(await SmallBlob.ReadAsync(repository, layer, cancel), signature));
        }
        return signatures;
    }

    private static bool TryDecode(string base64, out byte[] bytes)
    {
        bytes = new byte[base64.Length];
        bool decoded = Convert.TryFromBase64String(base64, bytes, out int length);
        bytes = decoded ? bytes[..length] : [];
        return decoded;
    }
}
