using Tare.Engine.Containers.Cdi;
using Tare.Errors;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("a: 1\nb:\n  c: x # comment\n  d: 'it''s'\n", """{"a":1,"b":{"c":"x","d":"it\u0027s"}}""")]
    [InlineData("---\nl:\n- a\n- b: 1\n  c: 2\n-\n  d: 3\n- - 1\n  - 2\n", """{"l":["a",{"b":1,"c":2},{"d":3},[1,2]]}""")]
    [InlineData("f: [a, \"b,c\", {x: 1, y: [2]}]\ng: {}\nh: []\n", """{"f":["a","b,c",{"x":1,"y":[2]}],"g":{},"h":[]}""")]
    [InlineData("m: 0666\nn: 0o17\nt: true\nz:\ns: \"q\\\"\\n\"\nv: a:b\nw: http://x#y\n", """{"m":438,"n":15,"t":true,"z":null,"s":"q\u0022\n","v":"a:b","w":"http://x#y"}""")]
    [InlineData("- x\n- y\r\n", """["x","y"]""")]
    [InlineData("# nothing\n", null)]
    public void Documents_of_vendors_are_read(string yaml, string? json) => Assert.Equal(json, YamlReader.Read(yaml)?.ToJsonString());

    [Theory]
    [InlineData("a: &x 1\n", "line 1")]
    [InlineData("a: 1\n\tb: 2\n", "line 2")]
    [InlineData("a: |\n  text\n", "line 1")]
    [InlineData("a: [1\n", "line 1")]
    [InlineData("a: 1\na: 2\n", "a second \"a\"")]
    [InlineData("a:\n    b: 1\n  c: 2\n", "line 3")]
    [InlineData("just words\n", "line 1")]
    [InlineData("a: [1}\n", "do not match")]
    [InlineData("a: \"x\n", "closing quote")]
    public void What_is_not_understood_is_named_by_its_line(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<TareException>(() => YamlReader.Read(yaml)).Message, StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_ends_in_a_refusal() =>
        Assert.Throws<TareException>(() => YamlReader.Read("a: " + new string('[', 10_000)));
}
