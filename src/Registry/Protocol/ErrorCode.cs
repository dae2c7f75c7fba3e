namespace Tare.Registry.Protocol;

/// <summary>The error codes of the distribution specification, section "Error Codes", and one for what it has no code for.</summary>
public enum ErrorCode
{
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    TooManyRequests,

    /// <summary>A failure of the registry itself; goes with 5xx only.</summary>
    Unknown,
}

/// <summary>The one table from codes to their texts and usual HTTP statuses.</summary>
internal static class ErrorCodes
{
    /// <summary>As the specification writes it.</summary>
    public static string Text(ErrorCode code) => code switch
    {
        ErrorCode.BlobUnknown => "BLOB_UNKNOWN",
        ErrorCode.BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
        ErrorCode.BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
        ErrorCode.DigestInvalid => "DIGEST_INVALID",
        ErrorCode.ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
        ErrorCode.ManifestInvalid => "MANIFEST_INVALID",
        ErrorCode.ManifestUnknown => "MANIFEST_UNKNOWN",
        ErrorCode.NameInvalid => "NAME_INVALID",
        ErrorCode.NameUnknown => "NAME_UNKNOWN",
        ErrorCode.SizeInvalid => "SIZE_INVALID",
        ErrorCode.Unauthorized => "UNAUTHORIZED",
        ErrorCode.Denied => "DENIED",
        ErrorCode.Unsupported => "UNSUPPORTED",
        ErrorCode.TooManyRequests => "TOOMANYREQUESTS",
        _ => "UNKNOWN",
    };

    /// <summary>The status an error has unless the verb says another.</summary>
    public static int Status(ErrorCode code) => code switch
    {
        ErrorCode.BlobUnknown or ErrorCode.BlobUploadUnknown or ErrorCode.ManifestUnknown or ErrorCode.NameUnknown => 404,
        ErrorCode.Unauthorized => 401,
        ErrorCode.Denied => 403,
        ErrorCode.Unsupported => 405,
        ErrorCode.TooManyRequests => 429,
        ErrorCode.Unknown => 500,
        _ => 400,
    };
}
