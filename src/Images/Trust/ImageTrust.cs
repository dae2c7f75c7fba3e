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
        if (!requirements.Any(r => r is TrustRequirement.SigstoreSigned))
        {
            Demand(requirements, name, digest, []);
            return;
        }
        IReadOnlyList<ImageSignature> signatures = await SignatureFetch.RunAsync(repository, digest, cancel);
        Demand(requirements, name, digest, signatures);
        _signatures.Put(Key(name, digest), new SignatureRecord { Signatures = [.. signatures] }, ImageRecordJson.Default.SignatureRecord);
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
            Demand(policy.OfLocal(), image.Tags.Count > 0 ? image.Tags[0] : null, image.Manifest.Digest, []);
    }

    private IReadOnlyList<ImageSignature> Kept(Reference known) =>
        _signatures.TryGet(Key(known, known.Digest!), ImageRecordJson.Default.SignatureRecord, out SignatureRecord? record) ? record.Signatures : [];

    private static string Key(Reference name, Digest digest) => $"{name.Repository}@{digest}";

    private static void Demand(IReadOnlyList<TrustRequirement> requirements, Reference? name, Digest digest, IReadOnlyList<ImageSignature> signatures)
    {
        string shown = name?.Familiar ?? digest.Short;
        foreach (TrustRequirement requirement in requirements)
        {
            string? reason = requirement switch
            {
                TrustRequirement.AcceptAnything => null,
                TrustRequirement.Reject => "the policy rejects it",
                TrustRequirement.SigstoreSigned => name is not null && signatures.Any(s => s.Satisfies((TrustRequirement.SigstoreSigned)requirement, name, digest)) ? null
                    : signatures.Count == 0 ? "it has no signature" : "none of its signatures is by a trusted key for this name",
                TrustRequirement.Unknown unknown => $"the policy asks for {unknown.Type}, which this version can not check",
                _ => "the policy is not understood",
            };
            if (reason is not null)
                throw new TareException(ErrorKind.Forbidden, $"image {shown} is not trusted: {reason}");
        }
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
    public required ImageSignature[] Signatures { get; init; }
}
