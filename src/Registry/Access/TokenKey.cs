using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tare.Errors;

namespace Tare.Registry.Access;

/// <summary>
/// One public key that the configuration trusts to sign tokens, with the names by which a token's header may call it: those configured, or else the
/// fingerprints of the key itself (libtrust's, RFC 7638's). Thread-safe.
/// </summary>
internal sealed class TokenKey
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;

    private TokenKey(RSA? rsa, ECDsa? ecdsa, string? configured)
    {
        _rsa = rsa;
        _ecdsa = ecdsa;
        Ids = configured is not null ? [configured] : [LibtrustId(), Thumbprint()];
    }

    /// <summary>The "kid" values that mean this key.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Reads a PEM file with a public key or a certificate.</summary>
    public static TokenKey Load(string file, string? id)
    {
        try
        {
            string pem = File.ReadAllText(file);
            if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
                throw TareException.Invalid($"{file} holds a private key; the registry needs the public one");
            if (pem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal))
            {
                using var certificate = X509Certificate2.CreateFromPem(pem);
                return new TokenKey(certificate.GetRSAPublicKey(), certificate.GetECDsaPublicKey(), id);
            }
            if (TryImport(RSA.Create(), pem) is { } rsa)
                return new TokenKey(rsa, null, id);
            return TryImport(ECDsa.Create(), pem) is { } ecdsa ? new TokenKey(null, ecdsa, id) : throw TareException.Invalid($"{file} holds no RSA or EC public key");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw TareException.Invalid($"read the token key {file}", error);
        }
    }

    /// <summary>True when the signature is this key's by the algorithm, which must be one for its kind and size.</summary>
    public bool Verifies(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => (algorithm, _rsa, _ecdsa) switch
    {
        ("RS256", { } rsa, _) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        ("RS384", { } rsa, _) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
        ("RS512", { } rsa, _) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        ("PS256", { } rsa, _) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        ("PS384", { } rsa, _) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        ("PS512", { } rsa, _) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
        ("ES256", _, { KeySize: 256 } ec) => ec.VerifyData(data, signature, HashAlgorithmName.SHA256),
        ("ES384", _, { KeySize: 384 } ec) => ec.VerifyData(data, signature, HashAlgorithmName.SHA384),
        ("ES512", _, { KeySize: 521 } ec) => ec.VerifyData(data, signature, HashAlgorithmName.SHA512),
        _ => false,
    };

    private static T? TryImport<T>(T key, string pem) where T : AsymmetricAlgorithm
    {
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException)
        {
            key.Dispose();
            return null;
        }
    }

    /// <summary>What Docker's token servers write: 240 bits of the key's SHA-256 in groups of four base-32 characters.</summary>
    private string LibtrustId()
    {
        const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        byte[] hash = SHA256.HashData(_rsa?.ExportSubjectPublicKeyInfo() ?? _ecdsa!.ExportSubjectPublicKeyInfo());
        var id = new StringBuilder();
        int bits = 0, value = 0, count = 0;
        foreach (byte b in hash.AsSpan(0, 30))
        {
            value = ((value << 8) | b) & 0xFFFF;
            for (bits += 8; bits >= 5; bits -= 5, count++)
                _ = (count > 0 && count % 4 == 0 ? id.Append(':') : id).Append(Base32[(value >> (bits - 5)) & 31]);
        }
        return id.ToString();
    }

    private string Thumbprint()
    {
        string members;
        if (_rsa is not null)
        {
            RSAParameters key = _rsa.ExportParameters(false);
            members = $"{{\"e\":\"{Base64Url(key.Exponent)}\",\"kty\":\"RSA\",\"n\":\"{Base64Url(key.Modulus)}\"}}";
        }
        else
        {
            ECParameters key = _ecdsa!.ExportParameters(false);
            members = $"{{\"crv\":\"P-{_ecdsa.KeySize}\",\"kty\":\"EC\",\"x\":\"{Base64Url(key.Q.X)}\",\"y\":\"{Base64Url(key.Q.Y)}\"}}";
        }
        return Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes(members)));
    }

    private static string Base64Url(byte[]? bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
