using Tare.Errors;
using Tare.Oci;

namespace Tare.Tests.Unit.Oci;

public sealed class ReferenceTests
{
    private const string Sha = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("x", "docker.io/library/x:latest", "x:latest")]
    [InlineData("x:1.0", "docker.io/library/x:1.0", "x:1.0")]
    [InlineData("me/x", "docker.io/me/x:latest", "me/x:latest")]
    [InlineData("docker.io/x", "docker.io/library/x:latest", "x:latest")]
    [InlineData("index.docker.io/library/x", "docker.io/library/x:latest", "x:latest")]
    [InlineData("localhost/x", "localhost/x:latest", "localhost/x:latest")]
    [InlineData("localhost:5000/a/b__c--d.e:T_1", "localhost:5000/a/b__c--d.e:T_1", "localhost:5000/a/b__c--d.e:T_1")]
    [InlineData("[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest")]
    [InlineData("quay.io/x@" + Sha, "quay.io/x@" + Sha, "quay.io/x@" + Sha)]
    [InlineData("x:1@" + Sha, "docker.io/library/x:1@" + Sha, "x:1@" + Sha)]
    public void Names_are_normalised_as_docker_does(string text, string full, string familiar)
    {
        var reference = Reference.Parse(text);
        Assert.Equal(full, reference.ToString());
        Assert.Equal(familiar, reference.Familiar);
        Assert.Equal(reference, Reference.Parse(full));
    }

    [Theory]
    [InlineData("")]
    [InlineData("X")]
    [InlineData("x:")]
    [InlineData("x:-a")]
    [InlineData("x/../y")]
    [InlineData("../x")]
    [InlineData("x//y")]
    [InlineData("/x")]
    [InlineData("x/")]
    [InlineData("x y")]
    [InlineData("x___y")]
    [InlineData("-x")]
    [InlineData("x@sha256:12")]
    [InlineData("host.com:port/x")]
    [InlineData("host_a.com/x")]
    [InlineData("x\0")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void Malformed_names_are_refused(string text) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Reference.Parse(text)).Kind);

    [Fact]
    public void A_too_long_tag_or_repository_is_refused()
    {
        _ = Assert.Throws<TareException>(() => Reference.Parse("x:" + new string('a', 129)));
        _ = Assert.Throws<TareException>(() => Reference.Parse(new string('a', 250)));
    }
}
