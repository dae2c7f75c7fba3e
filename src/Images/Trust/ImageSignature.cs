using System.Text.Json;
using Tare.Oci;

namespace Tare.Images.Trust;

/// <summary>One signature as cosign makes them: the signed payload and the signature over it. Kept beside an image, so that a run needs no network.</summary>
internal sealed record ImageSignature(byte[] Payload, byte[] Signature)
{
    private const string PayloadType = "cosign container image signature";

    /// <summary>True when the payload speaks of this image under a name that fits, and one of the keys has signed it.</summary>
    public bool Satisfies(TrustRequirement.SigstoreSigned requirement, Reference image, Digest digest) =>
        Read() is { } said && said.Digest == digest.ToString() && requirement.Identity.Fits(image, said.Name)
        && requirement.Keys.Any(key => SigstoreKey.Verifies(key, Payload, Signature));

    private (string Name, string Digest)? Read()
    {
        try
        {
            using var document = JsonDocument.Parse(Payload);
            JsonElement critical = document.RootElement.GetProperty("critical");
            return critical.GetProperty("type").GetString() == PayloadType
                ? (critical.GetProperty("identity").GetProperty("docker-reference").GetString() ?? "", critical.GetProperty("image").GetProperty("docker-manifest-digest").GetString() ?? "")
                : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
