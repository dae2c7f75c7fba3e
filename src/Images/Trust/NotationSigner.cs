using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tare.Images.Trust;

/// <summary>Who has made a Notation signature, and whether a policy trusts them (Notary Project, "trust-store-trust-policy"). Stateless.</summary>
internal static class NotationSigner
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    private const int LeastRsaBits = 2048;
    private const string SubjectPrefix = "x509.subject:";

    /// <summary>True when the certificate's key has signed the text; only the algorithms that the specification allows for the key count.</summary>
    public static bool Verifies(X509Certificate2 signer, string algorithm, byte[] text, byte[] signature)
    {
        if (signer.GetRSAPublicKey() is { } rsa)
        {
            using (rsa)
            {
                HashAlgorithmName? hash = algorithm switch { "PS256" => HashAlgorithmName.SHA256, "PS384" => HashAlgorithmName.SHA384, "PS512" => HashAlgorithmName.SHA512, _ => null };
                return hash is { } name && rsa.KeySize >= LeastRsaBits && rsa.VerifyData(text, signature, name, RSASignaturePadding.Pss);
            }
        }
        using ECDsa? ecdsa = signer.GetECDsaPublicKey();
        HashAlgorithmName? curve = (algorithm, ecdsa?.KeySize) switch
        {
            ("ES256", 256) => HashAlgorithmName.SHA256,
            ("ES384", 384) => HashAlgorithmName.SHA384,
            ("ES512", 521) => HashAlgorithmName.SHA512,
            _ => null,
        };
        return curve is { } used && ecdsa!.VerifyData(text, signature, used, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Null when the chain leads to an authority of the requirement and its signer is one that it names; else why not.</summary>
    public static string? Distrusts(X509Certificate2[] chain, TrustRequirement.NotationSigned requirement, DateTimeOffset now)
    {
        X509Certificate2 signer = chain[0];
        if (signer.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is not { } usage || !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature))
            return "the certificate of its signer is not for signatures";
        if (signer.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } purposes && purposes.EnhancedKeyUsages[CodeSigning] is null)
            return "the certificate of its signer is not for signing code";
        var authorities = new X509Certificate2Collection();
        foreach (string pem in requirement.Authorities)
            authorities.ImportFromPem(pem);
        using var built = new X509Chain();
        built.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        built.ChainPolicy.CustomTrustStore.AddRange(authorities);
        built.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        built.ChainPolicy.DisableCertificateDownloads = true;
        built.ChainPolicy.VerificationTime = now.UtcDateTime;
        built.ChainPolicy.ExtraStore.AddRange(chain[1..]);
        if (!built.Build(signer))
            return "its signer is vouched for by no trusted authority, or no longer";
        return requirement.Identities.Any(identity => identity == "*" || IsOf(signer, identity)) ? null : $"its signer {signer.Subject} is none that the policy names";
    }

    /// <summary>Null for a text that names an identity: "*", or "x509.subject: C=US, ST=WA, O=acme"; else what is wrong with it.</summary>
    public static string? Check(string identity) =>
        identity == "*" || (identity.StartsWith(SubjectPrefix, StringComparison.Ordinal) && Parse(identity) is { Count: > 0 }) ? null
            : $"the identity \"{identity}\" is neither * nor x509.subject: with attributes of a name";

    // Everything that the policy says of the subject must be so; what it does not say may be anything.
    private static bool IsOf(X509Certificate2 signer, string identity)
    {
        var subject = Attributes(signer.SubjectName).ToHashSet();
        return Parse(identity) is { } wanted && wanted.All(subject.Contains);
    }

    private static List<(string? Oid, string? Value)>? Parse(string identity)
    {
        try
        {
            return [.. Attributes(new X500DistinguishedName(identity[SubjectPrefix.Length..].Trim()))];
        }
        catch (Exception e) when (e is CryptographicException or InvalidOperationException or AsnContentException)
        {
            return null;
        }
    }

    private static IEnumerable<(string? Oid, string? Value)> Attributes(X500DistinguishedName name) =>
        name.EnumerateRelativeDistinguishedNames().Where(r => !r.HasMultipleElements).Select(r => (r.GetSingleElementType().Value, r.GetSingleElementValue()));
}
