using Tare.Registry.Access;

namespace Tare.Tests.Unit.Registry;

/// <summary>The password hash against vectors that other implementations made.</summary>
public sealed class BcryptTests
{
    [Theory]
    [InlineData("", "$2a$05$UuuwL15kvisna5SfsCyfouEyxfYkPJKaMJq/QkkZKH6XVh4KmtPci")]
    [InlineData("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")]
    [InlineData("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i")]
    [InlineData("abcdefghijklmnopqrstuvwxyz", "$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC")]
    [InlineData("~!@#$%^&*()      ~!@#$%^&*()PNBFRD", "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO")]
    public void Known_hashes_are_verified(string password, string hash)
    {
        Assert.True(Bcrypt.Verify(password, hash));
        Assert.True(Bcrypt.Verify(password, "$2y" + hash[3..]));
        Assert.False(Bcrypt.Verify(password + "x", hash));
    }

    [Fact]
    public void A_new_hash_is_verified_and_differs_each_time()
    {
        string one = Bcrypt.Hash("pässword", cost: 4);
        Assert.Equal(Bcrypt.TextLength, one.Length);
        Assert.NotEqual(one, Bcrypt.Hash("pässword", cost: 4));
        Assert.True(Bcrypt.Verify("pässword", one));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$apr1$abc")]
    [InlineData("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")]
    [InlineData("$2a$99$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")]
    [InlineData("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfx!")]
    public void What_is_no_bcrypt_hash_is_none(string text)
    {
        Assert.False(Bcrypt.IsHash(text));
        Assert.False(Bcrypt.Verify("", text));
    }
}
