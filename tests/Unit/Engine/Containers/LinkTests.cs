using Tare.Engine.Containers.Links;
using Tare.EngineApi.Containers;
using Tare.Errors;
using EmptyObject = Tare.EngineApi.EmptyObject;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class LinkTests
{
    [Theory]
    [InlineData("db", "db", "db")]
    [InlineData("db:data", "db", "data")]
    [InlineData("/db:/app/data", "db", "data")]
    public void Links_are_read_as_given_and_as_inspect_shows_them(string text, string container, string alias) =>
        Assert.Equal((container, alias), LinkText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("a:b:c")]
    [InlineData("a:")]
    [InlineData(":b")]
    [InlineData("a:b c")]
    [InlineData("a:b\n127.0.0.1\tgoogle.com")]
    public void Links_that_say_nothing_are_refused(string text) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => LinkText.Parse(text)).Kind);

    [Fact]
    public void Variables_name_ports_tcp_first_and_consecutive_ones_as_a_range()
    {
        ContainerConfig config = new()
        {
            ExposedPorts = new() { ["53/udp"] = new EmptyObject(), ["81/tcp"] = new EmptyObject(), ["80/tcp"] = new EmptyObject(), ["443"] = new EmptyObject() },
            Env = ["PATH=/bin", "HOME=/", "A=b=c", "BARE"],
        };
        Assert.Equal(
        [
            "MY_WEB_PORT=tcp://10.0.0.2:80",
            "MY_WEB_PORT_80_TCP=tcp://10.0.0.2:80", "MY_WEB_PORT_80_TCP_ADDR=10.0.0.2", "MY_WEB_PORT_80_TCP_PORT=80", "MY_WEB_PORT_80_TCP_PROTO=tcp",
            "MY_WEB_PORT_81_TCP=tcp://10.0.0.2:81", "MY_WEB_PORT_81_TCP_ADDR=10.0.0.2", "MY_WEB_PORT_81_TCP_PORT=81", "MY_WEB_PORT_81_TCP_PROTO=tcp",
            "MY_WEB_PORT_80_TCP_START=tcp://10.0.0.2:80", "MY_WEB_PORT_80_TCP_PORT_START=80",
            "MY_WEB_PORT_80_TCP_END=tcp://10.0.0.2:81", "MY_WEB_PORT_80_TCP_PORT_END=81",
            "MY_WEB_PORT_443_TCP=tcp://10.0.0.2:443", "MY_WEB_PORT_443_TCP_ADDR=10.0.0.2", "MY_WEB_PORT_443_TCP_PORT=443", "MY_WEB_PORT_443_TCP_PROTO=tcp",
            "MY_WEB_PORT_53_UDP=udp://10.0.0.2:53", "MY_WEB_PORT_53_UDP_ADDR=10.0.0.2", "MY_WEB_PORT_53_UDP_PORT=53", "MY_WEB_PORT_53_UDP_PROTO=udp",
            "MY_WEB_NAME=/app/my-web", "MY_WEB_ENV_A=b=c",
        ], LinkEnvironment.Of("my-web", "app", "10.0.0.2", config));
    }
}
