using System.Security.Cryptography;
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

public sealed class TrustTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly ImageStoreFixture _fixture = new();
    private readonly RegistryClient _client = new(new RegistryOptions { HostDirectories = [] });
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _tar = ImageStoreFixture.Tar("a");

    public void Dispose()
    {
        _key.Dispose();
        _client.Dispose();
        _registry.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task An_image_that_a_trusted_key_has_signed_is_pulled_and_run()
    {
        Descriptor image = _registry.AddImage("1", (_tar, _tar, MediaTypes.OciLayer));
        Sign(image.Digest, image.Digest, $"{_registry.Authority}/x", _key);
        ImageTrust trust = Policy(Signed(_key));
        Image pulled = await PullAsync(trust);
        _registry.Dispose();
        // Without the registry: the signature is here.
        trust.AdmitRun(pulled);
    }

    public static TheoryData<string> Bad() => ["no signature", "another key", "another image", "another name", "broken"];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task An_image_without_a_good_signature_is_not_pulled(string how)
    {
        Descriptor image = _registry.AddImage("1", (_tar, _tar, MediaTypes.OciLayer));
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (how != "no signature")
        {
            Sign(image.Digest, how == "another image" ? Digest.Of("other"u8) : image.Digest, how == "another name" ? "elsewhere.example/x" : $"{_registry.Authority}/x",
                how == "another key" ? other : _key, broken: how == "broken");
        }
        TareException error = await Assert.ThrowsAsync<TareException>(() => PullAsync(Policy(Signed(_key))));
        Assert.Equal(ErrorKind.Forbidden, error.Kind);
        Assert.Empty(_fixture.Store.List());
    }

    [Fact]
    public async Task A_policy_that_became_stricter_forbids_the_run_of_what_is_here()
    {
        _ = _registry.AddImage("1", (_tar, _tar, MediaTypes.OciLayer));
        ImageTrust trust = Policy("""{"default":[{"type":"insecureAcceptAnything"}]}""");
        _fixture.Store.Admission = trust.AdmitRun;
        Image pulled = await PullAsync(trust);
        _ = await _fixture.Store.EnsureUnpackedAsync(pulled);
        _ = Policy("""{"default":[{"type":"reject"}],"transports":{"docker-daemon":{"":[{"type":"insecureAcceptAnything"}]}}}""");
        TareException error = await Assert.ThrowsAsync<TareException>(async () => await _fixture.Store.EnsureUnpackedAsync(pulled));
        Assert.Contains("is not trusted: the policy rejects it", error.Message, StringComparison.Ordinal);
        // What was made here is another transport's.
        _ = await _fixture.Store.EnsureUnpackedAsync(await _fixture.ImportAsync("local:1", "l"));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"default":[]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned"}]}""")]
    [InlineData("""{"default":[{"type":"sigstoreSigned","keyData":"bm8ga2V5"}]}""")]
    [InlineData("""{"default":[{"type":"reject"}],"default":[{"type":"insecureAcceptAnything"}]}""")]
    [InlineData("""{"default":[{"type":"reject"}],"defaults":1}""")]
    public void A_policy_that_is_not_understood_is_an_error(string json) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Policy(json)).Kind);

    [Fact]
    public void The_most_exact_scope_wins_and_what_can_not_be_checked_is_refused()
    {
        var policy = TrustPolicyFile.Parse(Encoding.UTF8.GetBytes("""
            {"default":[{"type":"reject"}],"transports":{"docker":{
              "a.example":[{"type":"reject"}], "a.example/team":[{"type":"insecureAcceptAnything"}], "a.example/team/x:1":[{"type":"signedBy","keyType":"GPGKeys"}], "*.b.example":[{"type":"insecureAcceptAnything"}]}}}
            """));
        Assert.IsType<TrustRequirement.Reject>(policy.Of(Reference.Parse("a.example/other")).Single());
        Assert.IsType<TrustRequirement.AcceptAnything>(policy.Of(Reference.Parse("a.example/team/x:2")).Single());
        Assert.IsType<TrustRequirement.Unknown>(policy.Of(Reference.Parse("a.example/team/x:1")).Single());
        Assert.IsType<TrustRequirement.AcceptAnything>(policy.Of(Reference.Parse("r.b.example:5000/x")).Single());
        Assert.IsType<TrustRequirement.Reject>(policy.Of(Reference.Parse("x")).Single());
    }

    private async Task<Image> PullAsync(ImageTrust trust)
    {
        Tare.Distribution.Repositories.Repository repository = _client.Open(Reference.Parse($"{_registry.Authority}/x:1"), RegistryCredentials.Anonymous);
        var options = new ImagePullOptions { Admit = top => trust.AdmitAsync(repository, top.Descriptor.Digest, CancellationToken.None) };
        return (await ImagePull.PullAsync(_fixture.Store, repository, options, _ => { }, CancellationToken.None)).Image;
    }

    private ImageTrust Policy(string json)
    {
        string path = Path.Combine(_fixture.Root, "policy.json");
        File.WriteAllText(path, json);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(Random.Shared.Next(1, 100_000)));
        return new ImageTrust(path, _fixture.Database);
    }

    private static string Signed(ECDsa key) =>
        $$$"""{"default":[{"type":"sigstoreSigned","keyData":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportSubjectPublicKeyInfoPem()))}}}","signedIdentity":{"type":"matchRepository"}}]}""";

    private void Sign(Digest tagged, Digest signed, string name, ECDsa key, bool broken = false)
    {
        byte[] payload = Encoding.UTF8.GetBytes($$$"""{"critical":{"identity":{"docker-reference":"{{{name}}}"},"image":{"docker-manifest-digest":"{{{signed}}}"},"type":"cosign container image signature"},"optional":null}""");
        byte[] signature = key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        if (broken)
            signature[^1] ^= 1;
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            Config = _registry.AddBlob("{}"u8.ToArray(), MediaTypes.OciConfig),
            Layers = [_registry.AddBlob(payload, "application/vnd.dev.cosign.simplesigning.v1+json") with { Annotations = new() { ["dev.cosignproject.cosign/signature"] = Convert.ToBase64String(signature) } }],
        };
        _ = _registry.AddManifest($"sha256-{tagged.Hex}.sig", ImageJson.Bytes(manifest, ImageJson.Default.ImageManifest), MediaTypes.OciManifest);
    }
}
