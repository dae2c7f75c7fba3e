using Tare.Errors;
using Tare.Images.Platforms;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Unit.Images;

public class PlatformChoiceTests
{
    [Theory]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("aarch64", "linux/arm64")]
    [InlineData("linux/arm/v7", "linux/arm")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("x86_64", "linux/amd64")]
    public void Platforms_have_one_form(string text, string form) => Assert.Equal(form, PlatformChoice.Parse(text).ToString());

    [Theory]
    [InlineData("a/b/c/d")]
    [InlineData("linux//v8")]
    [InlineData("linux/../x")]
    public void Nonsense_is_refused(string text) => Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => PlatformChoice.Parse(text)).Kind);

    [Fact]
    public void The_nearest_older_variant_suits_and_a_newer_one_does_not()
    {
        Descriptor[] manifests = [Of("arm", "v5"), Of("arm", "v6"), Of("arm", "v7"), Of("arm64", "v8")];
        Assert.Equal("v7", PlatformChoice.Parse("linux/arm").Choose(manifests)!.Platform!.Variant);
        Assert.Equal("v6", PlatformChoice.Parse("linux/arm/v6").Choose(manifests)!.Platform!.Variant);
        Assert.Equal("v6", PlatformChoice.Parse("linux/arm").Choose(manifests[..2])!.Platform!.Variant);
        Assert.Null(PlatformChoice.Parse("linux/arm/v6").Choose(manifests[2..]));
        Assert.Equal("v8", PlatformChoice.Parse("linux/arm64").Choose(manifests)!.Platform!.Variant);
    }

    [Fact]
    public void An_attestation_is_no_image()
    {
        Descriptor attestation = Of("unknown", null) with { Platform = null, Annotations = new() { ["vnd.docker.reference.type"] = "attestation-manifest" } };
        Assert.Null(PlatformChoice.Host.Choose([attestation]));
    }

    private static Descriptor Of(string architecture, string? variant) =>
        new() { Digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes(architecture + variant)), Size = 1, Platform = new Platform { Os = "linux", Architecture = architecture, Variant = variant } };
}
