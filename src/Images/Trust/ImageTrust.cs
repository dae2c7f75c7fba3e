using Tare.Distribution.Repositories;
using Tare.Errors;
using Tare.Images.Records;
using Tare.Oci;
using Tare.Storage.Metadata;

namespace Tare.Images.Trust;

/// <summary>
/// Enforces a trust policy: an image that the policy does not let in is not pulled, and one that it does not let in any more is not run. Reads the
/// policy anew when its file changes. Signatures that let an image in are kept, so a run needs no network. Thread-safe.
/// </summary>
public sealed class ImageTrust
{
    private readonly string? _path;
    private readonly RecordTable _signatures;
    private readonly Lock _lock = new();
    private TrustPolicy _policy = TrustPolicy.Open;
    private DateTime _read;

    /// <summary>A policy file, or null for none: then everything is let in.</summary>
    public ImageTrust(string? path, Database database)
    {
        _path = path;
        _signatures = database.Table("image_signatures");
        _ = Policy();
    }

    /// <summary>Lets the manifest that a name means in its registry in, or throws Forbidden with the reason.</summary>
    public async Task AdmitAsync(Repository repository, Digest digest, CancellationToken cancel)
    {
        Reference name = repository.Reference;
        IReadOnlyList<TrustRequirement> requirements = Policy().Of(name);
        bool sigstore = requirements.Any(r => r is TrustRequirement.SigstoreSigned), notation = requirements.Any(r => r is TrustRequirement.NotationSigned);
        var found = new SignatureRecord
        {
            Signatures = sigstore ? [.. await SignatureFetch.RunAsync(repository, digest, cancel)] : [],
            Envelopes = notation ? [.. await NotationFetch.RunAsync(repository, digest, cancel)] : [],
        };
        Demand(requirements, name, digest, found);
        if (sigstore || notation)
            _signatures.Put(Key(name, digest), found, ImageRecordJson.Default.SignatureRecord);
    }

    /// <summary>Lets an image be run, or throws Forbidden with the reason: under one of its names the policy must let it in.</summary>
    public void AdmitRun(Image image)
    {
        TrustPolicy policy = Policy();
        if (policy.IsOpen)
            return;
        TareException? refusal = null;
        foreach (Reference known in image.Digests)
        {
            foreach (Reference name in image.Tags.Where(t => t.Repository == known.Repository).DefaultIfEmpty(known))
            {
                try
                {
                    Demand(policy.Of(name), name, known.Digest!, Kept(known));
                    return;
                }
                catch (TareException e)
                {
                    refusal ??= e;
                }
            }
        }
        if (refusal is not null)
            throw refusal;
        if (image.Digests.Count == 0)
            Demand(policy.OfLocal(), image.Tags.Count > 0 ? image.Tags[0] : null, image.Manifest.Digest, SignatureRecord.None);
    }

    private SignatureRecord Kept(Reference known) =>
        _signatures.TryGet(Key(known, known.Digest!), ImageRecordJson.Default.SignatureRecord, out SignatureRecord? record) ? record : SignatureRecord.None;

    private static string Key(Reference name, Digest digest) => $"{name.Repository}@{digest}";

    private static void Demand(IReadOnlyList<TrustRequirement> requirements, Reference? name, Digest digest, SignatureRecord found)
    {
        string shown = name?.Familiar ?? digest.Short;
        foreach (TrustRequirement requirement in requirements)
        {
            string? reason = requirement switch
            {
                TrustRequirement.AcceptAnything => null,
                TrustRequirement.Reject => "the policy rejects it",
                TrustRequirement.SigstoreSigned signed => Sigstore(signed, name, digest, found.Signatures),
                TrustRequirement.NotationSigned signed => Notation(signed, digest, found.Envelopes ?? []),
                TrustRequirement.Unknown unknown => $"the policy asks for {unknown.Type}, which this version can not check",
                _ => "the policy is not understood",
            };
            if (reason is not null)
                throw new TareException(ErrorKind.Forbidden, $"image {shown} is not trusted: {reason}");
        }
    }

    private static string? Sigstore(TrustRequirement.SigstoreSigned requirement, Reference? name, Digest digest, ImageSignature[] signatures) =>
        name is not null && signatures.Any(s => s.Satisfies(requirement, name, digest)) ? null
        : signatures.Length == 0 ? "it has no signature" : "none of its signatures is by a trusted key for this name";

    // Of several signatures one that is good is enough; else the last reason is told.
    private static string? Notation(TrustRequirement.NotationSigned requirement, Digest digest, NotationEnvelope[] envelopes)
    {
        string? reason = "it has no signature of Notation";
        foreach (NotationEnvelope envelope in envelopes)
        {
            reason = envelope.Refuses(requirement, digest, DateTimeOffset.UtcNow);
            if (reason is null)
                break;
        }
        return reason;
    }

    private TrustPolicy Policy()
    {
        if (_path is null)
            return TrustPolicy.Open;
        lock (_lock)
        {
            DateTime changed = File.GetLastWriteTimeUtc(_path);
            if (changed != _read)
                (_policy, _read) = (TrustPolicyFile.Read(_path), changed);
            return _policy;
        }
    }
}

/// <summary>The signatures that were found for an image when it was pulled.</summary>
internal sealed record SignatureRecord
{
    /// <summary>Nothing was found.</summary>
    public static SignatureRecord None { get; } = new() { Signatures = [] };

    public required ImageSignature[] Signatures { get; init; }

    /// <summary>Null in records from before these were looked for.</summary>
    public NotationEnvelope[]? Envelopes { get; init; }
}
