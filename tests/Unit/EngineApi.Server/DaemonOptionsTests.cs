using Microsoft.Extensions.Logging;
using Tare.EngineApi.Server.Configuration;
using Tare.Errors;

namespace Tare.Tests.Unit.EngineApi.Server;

public sealed class DaemonOptionsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-options-").FullName;

    [Fact]
    public void Without_options_everything_has_its_usual_place()
    {
        DaemonOptions options = Read("{}");
        Assert.Equal("/var/lib/tare", options.Engine.DataRoot);
        Assert.Equal(["unix:///run/tare/tared.sock"], options.Hosts);
        Assert.Equal("/opt/tare-keeper", options.Engine.KeeperPath);
        Assert.Null(options.Engine.EnableIpv6);
        Assert.True(options.Engine.IsDefaultInstance);
    }

    [Fact]
    public void Options_are_taken_in_every_spelling()
    {
        DaemonOptions options = Read("{}", "--data-root", "/d/", "--exec-root=/e", "-H", "unix:///a", "-Htcp://127.0.0.1:1", "-D", "--ipv6=false", "--log-opt", "max-size=1m");
        Assert.Equal("/d", options.Engine.DataRoot);
        Assert.Equal("/e", options.Engine.ExecRoot);
        Assert.Equal(["unix:///a", "tcp://127.0.0.1:1"], options.Hosts);
        Assert.Equal(LogLevel.Debug, options.LogLevel);
        Assert.Equal(false, options.Engine.EnableIpv6);
        Assert.Equal("1m", options.Engine.LogOptions["max-size"]);
    }

    [Fact]
    public void The_file_gives_what_the_command_line_does_not()
    {
        DaemonOptions options = Read("""
            {"data-root": "/d", "hosts": ["unix:///a", "unix:///b"], "bip": "10.1.0.1/24", "mtu": 1400, "debug": false,
             "default-address-pools": [{"base": "10.10.0.0/16", "size": 24}], "log-opts": {"max-file": "2"}, "dns": ["1.1.1.1"], "labels": ["a=b"]}
            """, "--exec-root", "/e");
        Assert.Equal(["unix:///a", "unix:///b"], options.Hosts);
        Assert.Equal("10.1.0.1/24", options.Engine.Bip);
        Assert.Equal(1400, options.Engine.Mtu);
        Assert.Equal(24, Assert.Single(options.Engine.AddressPools).Size);
        Assert.Equal("2", options.Engine.LogOptions["max-file"]);
        Assert.Equal("/e", options.Engine.ExecRoot);
    }

    [Theory]
    [InlineData("{}", "unknown flag: --nope", "--nope")]
    [InlineData("{}", "flag needs an argument: --bip", "--bip")]
    [InlineData("{}", "an absolute path is expected", "--data-root", "here")]
    [InlineData("{}", "tared takes options only", "serve")]
    [InlineData("{}", "invalid value \"0\" for --push-compression-level: 1 to 9 is expected", "--push-compression-level", "0")]
    [InlineData("{}", "invalid log level \"loud\"", "-l", "loud")]
    [InlineData("{\"nope\": 1, \"other\": 2}", "the following directives don't match any configuration option: nope, other")]
    [InlineData("{\"debug\": \"yes\"}", "debug has a value of the wrong kind")]
    [InlineData("{", "unable to configure the daemon with file")]
    [InlineData("{\"debug\": true}", "specified both as a flag and in the configuration file", "--debug")]
    public void What_is_wrong_is_said(string file, string message, params string[] arguments)
    {
        TareException error = Assert.Throws<TareException>(() => Read(file, arguments));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_file_that_is_named_must_exist()
    {
        TareException error = Assert.Throws<TareException>(() => DaemonOptions.Read(["--config", "/nowhere/daemon.json"], "/opt"));
        Assert.Contains("/nowhere/daemon.json", error.Message);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private DaemonOptions Read(string file, params string[] arguments)
    {
        string path = Path.Combine(_directory, "daemon.json");
        File.WriteAllText(path, file);
        return DaemonOptions.Read(["--config", path, .. arguments], "/opt");
    }
}
