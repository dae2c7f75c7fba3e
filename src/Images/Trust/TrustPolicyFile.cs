using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Tare.Errors;

namespace Tare.Images.Trust;

/// <summary>Reads a policy in the form of containers-policy.json(5). What is not understood is an error, never a permission. Stateless.</summary>
public static class TrustPolicyFile
{
    private static readonly string[] Identities = ["matchExact", "matchRepoDigestOrExact", "matchRepository", "exactReference", "exactRepository", "remapIdentity"];

    /// <summary>Reads a file.</summary>
    public static TrustPolicy Read(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TareException)
        {
            throw TareException.Invalid($"trust policy {path}", e);
        }
    }

    /// <summary>Reads a policy's bytes.</summary>
    public static TrustPolicy Parse(byte[] json)
    {
        Oci.Image.DocumentRules.Check(json, "trust policy");
        using var document = JsonDocument.Parse(json);
        try
        {
            return Policy(document);
        }
        catch (InvalidOperationException e)
        {
            // A text with half a surrogate pair is JSON, but no text.
            throw TareException.Invalid("it holds something that is no text", e);
        }
    }

    private static TrustPolicy Policy(JsonDocument document)
    {
        JsonElement root = Object(document.RootElement, "the policy", ["default", "transports"]);
        if (!root.TryGetProperty("default", out JsonElement otherwise))
            throw TareException.Invalid("it has no \"default\"");
        var transports = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<TrustRequirement>>>(StringComparer.Ordinal);
        if (root.TryGetProperty("transports", out JsonElement all))
        {
            foreach (JsonProperty transport in Object(all, "transports", null).EnumerateObject())
                transports[transport.Name] = Object(transport.Value, transport.Name, null).EnumerateObject().ToDictionary(s => s.Name, s => Requirements(s.Value));
        }
        return new TrustPolicy(Requirements(otherwise), transports);
    }

    private static IReadOnlyList<TrustRequirement> Requirements(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw TareException.Invalid("a list of at least one requirement is expected");
        return [.. list.EnumerateArray().Select(Requirement)];
    }

    private static TrustRequirement Requirement(JsonElement element)
    {
        string type = Text(Object(element, "a requirement", null), "type") ?? throw TareException.Invalid("a requirement has no \"type\"");
        return type switch
        {
            "insecureAcceptAnything" => new TrustRequirement.AcceptAnything(),
            "reject" => new TrustRequirement.Reject(),
            "notationSigned" => Notation(element),
            "sigstoreSigned" when !element.TryGetProperty("fulcio", out _) && !element.TryGetProperty("pki", out _) && !element.EnumerateObject().Any(p => p.Name.StartsWith("rekor", StringComparison.Ordinal)) => Sigstore(element),
            _ => new TrustRequirement.Unknown(type == "sigstoreSigned" ? "sigstoreSigned with fulcio, pki or rekor" : type),
        };
    }

    private static TrustRequirement.SigstoreSigned Sigstore(JsonElement element)
    {
        _ = Object(element, "sigstoreSigned", ["type", "keyPath", "keyPaths", "keyData", "keyDatas", "signedIdentity"]);
        var keys = new List<string>();
        foreach (string path in Texts(element, "keyPath").Concat(Texts(element, "keyPaths")))
            keys.Add(KeyOf(path));
        foreach (string data in Texts(element, "keyData").Concat(Texts(element, "keyDatas")))
            keys.Add(Decode(data));
        if (keys.Count == 0)
            throw TareException.Invalid("sigstoreSigned names no key");
        foreach (string key in keys)
            SigstoreKey.Check(key);
        return new TrustRequirement.SigstoreSigned(keys, element.TryGetProperty("signedIdentity", out JsonElement identity) ? Identity(identity) : SignedIdentity.Default);
    }

    // An addition to the format: the trust store and the identities of Notation's own policy, in one requirement.
    private static TrustRequirement.NotationSigned Notation(JsonElement element)
    {
        _ = Object(element, "notationSigned", ["type", "caPath", "caPaths", "caData", "caDatas", "trustedIdentities"]);
        string[] authorities =
        [
            .. Texts(element, "caPath").Concat(Texts(element, "caPaths")).Select(KeyOf), .. Texts(element, "caData").Concat(Texts(element, "caDatas")).Select(Decode),
        ];
        if (authorities.Length == 0)
            throw TareException.Invalid("notationSigned names no certificate of an authority");
        foreach (string pem in authorities)
            CheckCertificates(pem);
        string[] identities = [.. Texts(element, "trustedIdentities")];
        if (identities.Length == 0)
            throw TareException.Invalid("notationSigned has no trustedIdentities; [\"*\"] is everybody for whom the authorities vouch");
        return identities.Select(NotationSigner.Check).FirstOrDefault(wrong => wrong is not null) is { } wrong
            ? throw TareException.Invalid(wrong) : new TrustRequirement.NotationSigned(authorities, identities);
    }

    private static void CheckCertificates(string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw TareException.Invalid("a certificate of an authority can not be read", e);
        }
        if (certificates.Count == 0)
            throw TareException.Invalid("a file of an authority holds no certificate in PEM");
    }

    private static SignedIdentity Identity(JsonElement element)
    {
        _ = Object(element, "signedIdentity", ["type", "dockerReference", "dockerRepository", "prefix", "signedPrefix"]);
        string kind = Text(element, "type") ?? "";
        return Identities.Contains(kind)
            ? new SignedIdentity(kind, Text(element, "dockerReference") ?? Text(element, "dockerRepository") ?? "", Text(element, "prefix") ?? "", Text(element, "signedPrefix") ?? "")
            : throw TareException.Invalid($"the identity \"{kind}\" is not known");
    }

    private static string KeyOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw TareException.Invalid($"\"{path}\" can not be read", e);
        }
    }

    private static string Decode(string base64)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException e)
        {
            throw TareException.Invalid("keyData is not base64", e);
        }
    }

    private static JsonElement Object(JsonElement element, string what, string[]? keys)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw TareException.Invalid($"{what} is not an object");
        return keys is not null && element.EnumerateObject().Select(p => p.Name).FirstOrDefault(n => !keys.Contains(n)) is { } unknown
            ? throw TareException.Invalid($"{what} has the unknown key \"{unknown}\"") : element;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<string> Texts(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out JsonElement value))
            return [];
        return value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Array => [.. value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? v.GetString()! : throw TareException.Invalid($"{name} holds something that is no text"))],
            _ => throw TareException.Invalid($"{name} is no text"),
        };
    }
}
