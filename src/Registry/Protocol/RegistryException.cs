using Tare.Oci;

namespace Tare.Registry.Protocol;

/// <summary>A refusal in the protocol's words: a code, a status and a message that tells the client what was wrong.</summary>
public sealed class RegistryException(ErrorCode code, string message, int? status = null, string? detail = null) : Exception(message)
{
    /// <summary>For the body.</summary>
    public ErrorCode Code => code;

    /// <summary>For the first line.</summary>
    public int Status { get; } = status ?? ErrorCodes.Status(code);

    /// <summary>What the error is about: a digest, a name; null for nothing more to say.</summary>
    public string? Detail => detail;

    internal static RegistryException BlobUnknown(Digest digest) => new(ErrorCode.BlobUnknown, "blob unknown to registry", detail: digest.ToString());

    internal static RegistryException ManifestUnknown(string reference) => new(ErrorCode.ManifestUnknown, "manifest unknown", detail: reference);

    internal static RegistryException NameUnknown(string repository) => new(ErrorCode.NameUnknown, "repository name not known to registry", detail: repository);

    internal static RegistryException UploadUnknown() => new(ErrorCode.BlobUploadUnknown, "blob upload unknown to registry");

    internal static RegistryException DigestInvalid(string message) => new(ErrorCode.DigestInvalid, message);

    internal static RegistryException ManifestInvalid(string message) => new(ErrorCode.ManifestInvalid, message);
}
