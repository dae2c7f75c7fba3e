using System.Security.Cryptography;
using Tare.Errors;

namespace Tare.Images.Trust;

/// <summary>Public keys as cosign writes them: ECDSA or RSA in PEM. Stateless.</summary>
internal static class SigstoreKey
{
    /// <summary>Refuses what is no usable key.</summary>
    public static void Check(string pem)
    {
        try
        {
            using AsymmetricAlgorithm key = Import(pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            // A curve that this machine does not have is "not supported".
            throw TareException.Invalid("a key is neither an ECDSA nor an RSA public key in PEM", e);
        }
    }

    /// <summary>True when the key has signed the payload (SHA-256; ECDSA in DER, RSA with PKCS #1).</summary>
    public static bool Verifies(string pem, byte[] payload, byte[] signature)
    {
        using AsymmetricAlgorithm key = Import(pem);
        try
        {
            return key switch
            {
                ECDsa ecdsa => ecdsa.VerifyData(payload, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
                RSA rsa => rsa.VerifyData(payload, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
                _ => false,
            };
        }
        catch (CryptographicException)
        {
            // Not even the form of a signature.
            return false;
        }
    }

    private static AsymmetricAlgorithm Import(string pem)
    {
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportFromPem(pem);
            return ecdsa;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            ecdsa.Dispose();
            var rsa = RSA.Create();
            try
            {
                rsa.ImportFromPem(pem);
                return rsa;
            }
            catch
            {
                rsa.Dispose();
                throw;
            }
        }
    }
}
