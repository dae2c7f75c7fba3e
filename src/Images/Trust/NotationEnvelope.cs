using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Tare.Errors;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Images.Trust;

/// <summary>
/// One signature as Notation makes them (Notary Project, "signature-specification" and "signature-envelope-jws"): a JWS with the certificates of its signer.
/// Kept beside an image, so that a run needs no network.
/// </summary>
internal sealed record NotationEnvelope(string MediaType, byte[] Content)
{
    private const string Jws = "application/jose+json";
    private const string PayloadType = "application/vnd.cncf.notary.payload.v1+json";
    private const string SchemeKey = "io.cncf.notary.signingScheme";
    private const string ExpiryKey = "io.cncf.notary.expiry";
    private const string TimeKey = "io.cncf.notary.signingTime";
    private const string Scheme = "notary.x509";

    /// <summary>Null when the signature is good, by a signer whom the requirement trusts, and about this manifest; else why not.</summary>
    public string? Refuses(TrustRequirement.NotationSigned requirement, Digest digest, DateTimeOffset now)
    {
        if (MediaType != Jws)
            return $"its signature is of the form {MediaType}, which this version can not check: sign with the JWS format";
        try
        {
            DocumentRules.Check(Content, "signature");
            using var envelope = JsonDocument.Parse(Content);
            string protectedText = Text(envelope.RootElement, "protected"), payload = Text(envelope.RootElement, "payload");
            byte[] header = Decode(protectedText);
            DocumentRules.Check(header, "signature header");
            using var head = JsonDocument.Parse(header);
            CheckHeader(head.RootElement, now);
            X509Certificate2[] chain = Chain(envelope.RootElement.GetProperty("header").GetProperty("x5c"));
            try
            {
                return !NotationSigner.Verifies(chain[0], Text(head.RootElement, "alg"), Encoding.ASCII.GetBytes($"{protectedText}.{payload}"), Decode(Text(envelope.RootElement, "signature")))
                    ? "its signature is broken" : NotationSigner.Distrusts(chain, requirement, now) ?? Disagrees(Decode(payload), digest);
            }
            finally
            {
                foreach (X509Certificate2 certificate in chain)
                    certificate.Dispose();
            }
        }
        catch (TareException e)
        {
            return $"its signature does not count: {e.Message}";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or CryptographicException or ArgumentException or NotSupportedException)
        {
            return $"its signature can not be read: {e.Message}";
        }
    }

    private static void CheckHeader(JsonElement head, DateTimeOffset now)
    {
        if (Text(head, "cty") != PayloadType)
            throw TareException.Invalid($"the payload is of type {Text(head, "cty")}");
        if (Text(head, SchemeKey) != Scheme)
            throw TareException.Invalid($"the signing scheme is {Text(head, SchemeKey)}");
        string[] critical = [.. head.GetProperty("crit").EnumerateArray().Select(c => c.GetString() ?? "")];
        if (!critical.Contains(SchemeKey) || (head.TryGetProperty(ExpiryKey, out _) && !critical.Contains(ExpiryKey)))
            throw TareException.Invalid("a header that must be critical is not");
        if (critical.FirstOrDefault(c => c is not (SchemeKey or ExpiryKey)) is { } unknown)
            throw TareException.Invalid($"the critical header {unknown} is not known");
        if (head.TryGetProperty(ExpiryKey, out JsonElement expiry) && Time(expiry) <= now)
            throw TareException.Invalid($"it has expired on {expiry.GetString()}");
        if (Time(head.GetProperty(TimeKey)) > now.AddMinutes(5))
            throw TareException.Invalid("it was made in the future");
    }

    private static string? Disagrees(byte[] payload, Digest digest)
    {
        DocumentRules.Check(payload, "signature payload");
        using var document = JsonDocument.Parse(payload);
        string signed = Text(document.RootElement.GetProperty("targetArtifact"), "digest");
        return signed == digest.ToString() ? null : "its signature is about another image";
    }

    private static X509Certificate2[] Chain(JsonElement list)
    {
        X509Certificate2[] chain = [.. list.EnumerateArray().Take(10).Select(c => X509CertificateLoader.LoadCertificate(Convert.FromBase64String(c.GetString() ?? "")))];
        return chain.Length > 0 ? chain : throw TareException.Invalid("it has no certificate");
    }

    private static DateTimeOffset Time(JsonElement value) => DateTimeOffset.Parse(value.GetString() ?? "", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw TareException.Invalid($"{name} is no text");

    private static byte[] Decode(string text) => Base64Url.DecodeFromChars(text);
}
