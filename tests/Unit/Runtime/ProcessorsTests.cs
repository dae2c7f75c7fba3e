using Tare.Errors;
using Tare.Runtime;

namespace Tare.Tests.Unit.Runtime;

public sealed class ProcessorsTests
{
    [Theory]
    [InlineData("0", "0x1")]
    [InlineData("0-1", "0x3")]
    [InlineData("0-3,7", "0x8f")]
    [InlineData("64", "0x10000000000000000")]
    public void A_list_of_processors_is_a_mask_in_hexadecimal(string list, string mask) => Assert.Equal(mask, Processors.Mask(list));

    [Fact]
    public void What_is_no_list_is_refused() => Assert.Throws<TareException>(() => Processors.Mask("1-0"));
}
