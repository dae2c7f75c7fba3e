using Tare.Archive.Files;
using Tare.Errors;

namespace Tare.Tests.Unit.Archive;

public sealed class EntryPathTests
{
    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("./a//b/.", "a/b")]
    [InlineData("/etc/passwd", "etc/passwd")]
    [InlineData("./", "")]
    [InlineData("/", "")]
    [InlineData("a/", "a")]
    [InlineData(".hidden/..data", ".hidden/..data")]
    [InlineData("...", "...")]
    public void Names_become_relative(string name, string path) => Assert.Equal(path, EntryPath.Normalise(name));

    [Theory]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("/../x")]
    [InlineData("a/..")]
    [InlineData("a\0b")]
    public void Names_that_leave_the_root_are_refused(string name) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => EntryPath.Normalise(name)).Kind);
}
