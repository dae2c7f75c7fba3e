using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tare.Distribution;
using Tare.Distribution.Auth;
using Tare.Errors;
using Tare.Images;
using Tare.Images.Pull;
using Tare.Images.Trust;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Kernel.Images;

public sealed class NotationTests : IDisposable
{
    private const string ArtifactType = "application/vnd.cncf.notary.signature";

    private readonly TestRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private readonly RegistryClient _client = new(new RegistryOptions { HostDirectories = [] });
    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly Descriptor _image;

    public NotationTests()
    {
        _authority = Authority(_authorityKey);
        byte[] tar = ImageStoreFixture.Tar("a");
        _image = _registry.AddImage("1", (tar, tar, MediaTypes.OciLayer));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _authorityKey.Dispose();
        _client.Dispose();
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task An_image_that_a_vouched_for_signer_has_signed_is_pulled_and_run_without_network(bool rsa, bool listed)
    {
        Publish(Envelope(new Wish { Rsa = rsa }), listed);
        ImageTrust trust = Policy("x509.subject: C=DE, O=acme");
        Image pulled = await PullAsync(trust);
        _registry.Dispose();
        trust.AdmitRun(pulled);
    }

    public static TheoryData<string, string> Bad() => new()
    {
        { "nothing", "it has no signature of Notation" },
        { "another authority", "vouched for by no trusted authority" },
        { "another subject", "is none that the policy names" },
        { "another image", "about another image" },
        { "broken", "is broken" },
        { "expired", "expired" },
        { "old certificate", "vouched for by no trusted authority, or no longer" },
        { "critical", "is not known" },
        { "no usage", "not for signatures" },
        { "another algorithm", "is broken" },
        { "cose", "can not check" },
        { "nonsense", "can not be read" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task An_image_without_a_good_signature_is_refused_with_the_reason(string how, string reason)
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 stranger = Authority(other);
        byte[] envelope = how == "nonsense" ? "{\"payload\":1}"u8.ToArray() : Envelope(new Wish
        {
            Authority = how == "another authority" ? stranger : null,
            Subject = how == "another subject" ? "C=DE, O=other" : "C=DE, ST=Berlin, O=acme, CN=builds",
            About = how == "another image" ? Digest.Of("other"u8) : _image.Digest,
            Broken = how == "broken",
            More = how switch { "expired" => ",\"io.cncf.notary.expiry\":\"2020-01-01T00:00:00Z\"", "critical" => ",\"strange\":1", _ => "" },
            Critical = how switch { "expired" => ",\"io.cncf.notary.expiry\"", "critical" => ",\"strange\"", _ => "" },
            Until = how == "old certificate" ? DateTimeOffset.UtcNow.AddMinutes(-1) : null,
            Usage = how == "no usage" ? X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.DigitalSignature,
            Algorithm = how == "another algorithm" ? "none" : null,
        });
        if (how != "nothing")
            Publish(envelope, listed: true, how == "cose" ? "application/cose" : "application/jose+json");
        TareException error = await Assert.ThrowsAsync<TareException>(() => PullAsync(Policy("x509.subject: C=DE, O=acme")));
        Assert.Equal(ErrorKind.Forbidden, error.Kind);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Empty(_fixture.Store.List());
    }

    [Theory]
    [InlineData("""{"default":[{"type":"notationSigned"}]}""")]
    [InlineData("""{"default":[{"type":"notationSigned","caData":"bm8gY2VydA==","trustedIdentities":["*"]}]}""")]
    [InlineData("""{"default":[{"type":"notationSigned","caPath":"/nowhere","trustedIdentities":["*"]}]}""")]
    public void A_requirement_that_could_not_be_met_is_an_error(string json) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => TrustPolicyFile.Parse(Encoding.UTF8.GetBytes(json))).Kind);

    private sealed record Wish
    {
        public bool Rsa { get; init; }
        public X509Certificate2? Authority { get; init; }
        public string Subject { get; init; } = "C=DE, ST=Berlin, O=acme, CN=builds";
        public Digest? About { get; init; }
        public bool Broken { get; init; }
        public string More { get; init; } = "";
        public string Critical { get; init; } = "";
        public DateTimeOffset? Until { get; init; }
        public X509KeyUsageFlags Usage { get; init; } = X509KeyUsageFlags.DigitalSignature;
        public string? Algorithm { get; init; }
    }

    private byte[] Envelope(Wish wish)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        CertificateRequest request = wish.Rsa
            ? new(wish.Subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) : new(wish.Subject, ecdsa, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(wish.Usage, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], critical: false));
        X509Certificate2 authority = wish.Authority ?? _authority;
        using X509Certificate2 signer = request.Create(
            authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authority.GetECDsaPrivateKey()!), DateTimeOffset.UtcNow.AddMinutes(-5),
            wish.Until ?? DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        string head = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            $$$"""{"alg":"{{{wish.Algorithm ?? (wish.Rsa ? "PS256" : "ES384")}}}","cty":"application/vnd.cncf.notary.payload.v1+json","crit":["io.cncf.notary.signingScheme"{{{wish.Critical}}}],"io.cncf.notary.signingScheme":"notary.x509","io.cncf.notary.signingTime":"{{{DateTimeOffset.UtcNow:yyyy-MM-ddTHH:mm:ssZ}}}"{{{wish.More}}}}"""));
        string payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            $$$"""{"targetArtifact":{"mediaType":"{{{_image.MediaType}}}","digest":"{{{wish.About ?? _image.Digest}}}","size":{{{_image.Size}}}}}"""));
        byte[] text = Encoding.ASCII.GetBytes($"{head}.{payload}");
        byte[] signature = wish.Rsa ? rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) : ecdsa.SignData(text, HashAlgorithmName.SHA384);
        if (wish.Broken)
            signature[7] ^= 1;
        return Encoding.UTF8.GetBytes(
            $$$"""{"payload":"{{{payload}}}","protected":"{{{head}}}","header":{"x5c":["{{{Convert.ToBase64String(signer.RawData)}}}","{{{Convert.ToBase64String(authority.RawData)}}}"],"io.cncf.notary.signingAgent":"test"},"signature":"{{{Base64Url.EncodeToString(signature)}}}"}""");
    }

    private void Publish(byte[] envelope, bool listed, string mediaType = "application/jose+json")
    {
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            ArtifactType = ArtifactType,
            Config = _registry.AddBlob("{}"u8.ToArray(), "application/vnd.oci.empty.v1+json"),
            Layers = [_registry.AddBlob(envelope, mediaType)],
        };
        Descriptor referrer = _registry.AddManifest("signature", ImageJson.Bytes(manifest, ImageJson.Default.ImageManifest), MediaTypes.OciManifest) with { ArtifactType = ArtifactType };
        if (listed)
            _registry.AddReferrers(_image.Digest, referrer);
        else
            _ = _registry.AddManifest($"sha256-{_image.Digest.Hex}", ImageJson.Bytes(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [referrer] }, ImageJson.Default.ImageIndex), MediaTypes.OciIndex);
    }

    private async Task<Image> PullAsync(ImageTrust trust)
    {
        Tare.Distribution.Repositories.Repository repository = _client.Open(Reference.Parse($"{_registry.Authority}/x:1"), RegistryCredentials.Anonymous);
        var options = new ImagePullOptions { Admit = top => trust.AdmitAsync(repository, top.Descriptor.Digest, CancellationToken.None) };
        return (await ImagePull.PullAsync(_fixture.Store, repository, options, _ => { }, CancellationToken.None)).Image;
    }

    private ImageTrust Policy(string identity)
    {
        string path = Path.Combine(_fixture.Root, "policy.json");
        File.WriteAllText(path, $$"""
            {"default":[{"type":"notationSigned","caData":"{{Convert.ToBase64String(Encoding.ASCII.GetBytes(_authority.ExportCertificatePem()))}}","trustedIdentities":["{{identity}}"]}]}
            """);
        return new ImageTrust(path, _fixture.Database);
    }

    private static X509Certificate2 Authority(ECDsa key)
    {
        var request = new CertificateRequest("C=DE, O=acme, CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddDays(1));
    }
}
