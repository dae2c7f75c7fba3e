using Tare.Errors;
using Tare.Oci;

namespace Tare.Tests.Unit.Oci;

public sealed class DigestTests
{
    private static readonly string Hex = new('a', 64);

    [Fact]
    public void The_digest_of_nothing_is_the_well_known_one() =>
        Assert.Equal("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Digest.Of([]).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:../../../../etc/passwd")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/")]
    public void A_digest_that_could_be_a_path_is_refused(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Digest.Parse(text)).Kind);
    }

    [Fact]
    public void A_chain_id_depends_on_all_layers_below()
    {
        var a = Digest.Parse("sha256:" + Hex);
        Digest b = Digest.Of("b"u8);
        IReadOnlyList<Digest> chain = ChainId.OfAll([a, b]);
        Assert.Equal(a, chain[0]);
        Assert.Equal(Digest.Of(System.Text.Encoding.ASCII.GetBytes($"{a} {b}")), chain[1]);
    }
}
