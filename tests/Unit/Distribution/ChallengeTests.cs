using Tare.Distribution.Auth;
using Tare.Errors;

namespace Tare.Tests.Unit.Distribution;

public class ChallengeTests
{
    [Fact]
    public void A_bearer_challenge_is_read_with_quotes_and_without()
    {
        Challenge challenge = Assert.Single(Challenge.ParseAll(["Bearer realm=\"https://a/t?x=1,2\", service=reg, scope=\"repository:x:pull,push\""]));
        Assert.Equal(("bearer", "https://a/t?x=1,2", "reg", "repository:x:pull,push"), (challenge.Scheme, challenge["realm"], challenge["service"], challenge["scope"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer realm=\"")]
    [InlineData("Bearer ===,,,=\"\\")]
    public void Nonsense_is_no_exception(string header) => Assert.True(Challenge.ParseAll([header]).All(c => c["realm"].Length == 0));

    [Theory]
    [InlineData("https://r.example:5000", "https://r.example/token", true)]
    [InlineData("https://registry-1.docker.io", "https://auth.docker.io/token", true)]
    [InlineData("https://other.example", "https://auth.other.example/token", true)]
    [InlineData("https://r.example", "https://auth.docker.io/token", false)]
    [InlineData("https://r.example", "http://r.example/token", false)]
    [InlineData("https://r.example", "https://u:p@r.example/token", false)]
    [InlineData("https://r.example", "file:///etc/passwd", false)]
    public void A_registry_may_send_to_its_own_token_server_and_to_configured_ones(string registry, string realm, bool allowed)
    {
        var policy = new RealmPolicy(["other.example=auth.other.example"]);
        if (allowed)
            Assert.Equal(new Uri(realm), policy.Check(new Uri(registry), realm));
        else
            Assert.Equal(ErrorKind.Forbidden, Assert.Throws<TareException>(() => policy.Check(new Uri(registry), realm)).Kind);
    }
}
