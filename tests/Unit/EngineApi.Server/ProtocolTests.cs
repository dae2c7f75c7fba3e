using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.Tests.Unit.EngineApi.Server;

public sealed class ProtocolTests
{
    [Theory]
    [InlineData("/v1.24/info", 1024, "/info")]
    [InlineData("/v1.55/containers/json", 1055, "/containers/json")]
    [InlineData("/info", 1055, "/info")]
    [InlineData("/volumes/create", 1055, "/volumes/create")]
    [InlineData("/v1.47", 1047, "/")]
    public void A_path_is_split_into_version_and_rest(string path, int version, string rest)
    {
        ReadOnlySpan<char> left = path;
        Assert.Equal(version, ApiVersion.Split(ref left));
        Assert.Equal(rest, left.ToString());
    }

    [Theory]
    [InlineData("/v1.23/info", "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version")]
    [InlineData("/v1.56/info", "client version 1.56 is too new. Maximum supported API version is 1.55")]
    public void Versions_out_of_range_are_refused_in_the_words_clients_know(string path, string message)
    {
        TareException error = Assert.Throws<TareException>(() =>
        {
            ReadOnlySpan<char> left = path;
            _ = ApiVersion.Split(ref left);
        });
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Every_kind_of_error_has_its_status()
    {
        var expected = new Dictionary<ErrorKind, int>
        {
            [ErrorKind.Internal] = 500,
            [ErrorKind.InvalidArgument] = 400,
            [ErrorKind.NotFound] = 404,
            [ErrorKind.Conflict] = 409,
            [ErrorKind.NotModified] = 304,
            [ErrorKind.Forbidden] = 403,
            [ErrorKind.Unauthorized] = 401,
            [ErrorKind.NotSupported] = 501,
            [ErrorKind.Unavailable] = 503,
            [ErrorKind.OutOfSpace] = 500,
        };
        foreach (ErrorKind kind in Enum.GetValues<ErrorKind>())
            Assert.Equal(expected[kind], ErrorStatus.Of(new TareException(kind, "x")));
        Assert.Equal(500, ErrorStatus.Of(new InvalidOperationException()));
    }

    [Theory]
    [InlineData("GET", "/containers/json", "list", "")]
    [InlineData("GET", "/containers/abc/json", "inspect", "abc")]
    [InlineData("GET", "/images/json", "images", "")]
    [InlineData("GET", "/images/localhost:5000/team/app:1/json", "image", "localhost:5000/team/app:1")]
    [InlineData("GET", "/images/team%2Fapp/json", "image", "team/app")]
    [InlineData("DELETE", "/images/team/app", "delete", "team/app")]
    [InlineData("POST", "/containers/abc/json", null, "")]
    [InlineData("GET", "/containers", null, "")]
    [InlineData("GET", "/nowhere", null, "")]
    public void Routes_match_by_method_and_segments_and_image_names_may_have_slashes(string method, string path, string? expected, string name)
    {
        var table = new RouteTable();
        string? called = null;
        RouteHandler Named(string route) => _ =>
        {
            called = route;
            return Task.CompletedTask;
        };
        table.Get("/containers/json", Named("list"));
        table.Get("/containers/{id}/json", Named("inspect"));
        table.Get("/images/json", Named("images"));
        table.Get("/images/{name*}/json", Named("image"));
        table.Delete("/images/{name*}", Named("delete"));

        RouteHandler? found = table.Find(method, path, out Dictionary<string, string> values);
        _ = found?.Invoke(null!);
        Assert.Equal(expected, called);
        Assert.Equal(name, values.Values.FirstOrDefault() ?? "");
    }
}
