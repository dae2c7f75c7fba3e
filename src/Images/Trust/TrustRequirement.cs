namespace Tare.Images.Trust;

/// <summary>What a policy asks of an image (containers-policy.json(5)); a closed set. Immutable.</summary>
public abstract record TrustRequirement
{
    private TrustRequirement()
    {
    }

    /// <summary>"insecureAcceptAnything".</summary>
    public sealed record AcceptAnything : TrustRequirement;

    /// <summary>"reject".</summary>
    public sealed record Reject : TrustRequirement;

    /// <summary>"sigstoreSigned": one of the keys has signed the image under an identity that fits.</summary>
    /// <param name="Keys">Public keys in PEM.</param>
    /// <param name="Identity">Which names in a signature fit.</param>
    public sealed record SigstoreSigned(IReadOnlyList<string> Keys, SignedIdentity Identity) : TrustRequirement;

    /// <summary>"notationSigned": a certificate that one of the authorities vouches for has signed the image, and its subject is one of these.</summary>
    /// <param name="Authorities">Certificates in PEM.</param>
    /// <param name="Identities">"*", or "x509.subject: C=…, ST=…, O=…".</param>
    public sealed record NotationSigned(IReadOnlyList<string> Authorities, IReadOnlyList<string> Identities) : TrustRequirement;

    /// <summary>A kind of requirement that this version can not check: nothing satisfies it.</summary>
    /// <param name="Type">As the policy has it.</param>
    public sealed record Unknown(string Type) : TrustRequirement;
}

/// <summary>Which name inside a signature fits an image's name.</summary>
/// <param name="Kind">matchExact, matchRepoDigestOrExact, matchRepository, exactReference, exactRepository, remapIdentity.</param>
/// <param name="Reference">For the exact kinds.</param>
/// <param name="Prefix">For remapIdentity.</param>
/// <param name="SignedPrefix">For remapIdentity.</param>
public sealed record SignedIdentity(string Kind, string Reference = "", string Prefix = "", string SignedPrefix = "")
{
    /// <summary>What holds when a policy says nothing.</summary>
    public static SignedIdentity Default { get; } = new("matchRepoDigestOrExact");

    /// <summary>True when a signature for <paramref name="signed"/> counts for the image of this name.</summary>
    public bool Fits(Oci.Reference image, string signed)
    {
        if (!Oci.Reference.TryParse(signed, defaultTag: false, out Oci.Reference? name))
            return false;
        return Kind switch
        {
            "matchExact" => image.Tag is not null && name.ToString() == image.ToString(),
            "matchRepoDigestOrExact" => image.Tag is not null ? name.ToString() == image.ToString() : name.Repository == image.Repository,
            "matchRepository" => name.Repository == image.Repository,
            "exactReference" => Oci.Reference.TryParse(Reference, defaultTag: false, out Oci.Reference? exact) && name.ToString() == exact.ToString(),
            "exactRepository" => Oci.Reference.TryParse(Reference, defaultTag: false, out Oci.Reference? repository) && name.Repository == repository.Repository,
            "remapIdentity" => FitsRemapped(image, name),
            _ => false,
        };
    }

    private bool FitsRemapped(Oci.Reference image, Oci.Reference name)
    {
        bool remapped = image.Repository == Prefix || image.Repository.StartsWith(Prefix + "/", StringComparison.Ordinal);
        string wanted = (remapped ? SignedPrefix + image.Repository[Prefix.Length..] : image.Repository) + (image.Tag is null ? "" : ":" + image.Tag);
        return image.Tag is null ? name.Repository == wanted : name.ToString() == wanted;
    }
}
