using Tare.Cli.Commands.Containers;
using Tare.Cli.Options;
using Tare.Cli.Terminal;
using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Tare.Errors;
using CreateNetwork = Tare.Cli.Commands.Networks.CreateCommand;

namespace Tare.Tests.Unit.Cli;

public sealed class OptionReadersTests
{
    private static string Ports(string text)
    {
        var bindings = new Dictionary<string, List<PortBinding>?>();
        PortSpec.AddPublished(text, [], bindings);
        return string.Join(' ', bindings.SelectMany(b => b.Value!.Select(v => $"{v.HostIp}|{v.HostPort}>{b.Key}")));
    }

    [Theory]
    [InlineData("80", "|>80/tcp")]
    [InlineData("8080:80", "|8080>80/tcp")]
    [InlineData("8080:80/udp", "|8080>80/udp")]
    [InlineData("127.0.0.1::80", "127.0.0.1|>80/tcp")]
    [InlineData("[::1]:8080:80", "::1|8080>80/tcp")]
    [InlineData("8000-8001:80-81", "|8000>80/tcp |8001>81/tcp")]
    [InlineData("8000-8010:80", "|8000-8010>80/tcp")]
    public void Ports_are_read(string text, string expected) => Assert.Equal(expected, Ports(text));

    [Theory]
    [InlineData("8000-8002:80-81")]
    [InlineData("0")]
    [InlineData("70000:80")]
    [InlineData("80:80/icmp")]
    [InlineData("1.2.3:80:80")]
    public void Wrong_ports_are_refused(string text) => Assert.Throws<TareException>(() => Ports(text));

    [Fact]
    public void A_mount_is_read_with_quotes_and_switches()
    {
        MountSpec mount = MountOption.Parse("type=volume,src=v,\"dst=/a,b\",ro,volume-nocopy,volume-label=a=b,volume-opt=type=nfs");
        Assert.Equal(("volume", "v", "/a,b", true), (mount.Type, mount.Source, mount.Target, mount.ReadOnly));
        Assert.True(mount.VolumeOptions!.NoCopy);
        Assert.Equal("b", mount.VolumeOptions.Labels!["a"]);
        Assert.Equal("nfs", mount.VolumeOptions.DriverConfig!.Options!["type"]);
        Assert.Equal(0x1FFu, MountOption.Parse("type=tmpfs,dst=/t,tmpfs-mode=777,tmpfs-size=1m").TmpfsOptions!.Mode);
    }

    [Theory]
    [InlineData("type=bind,src=/a", "target is required")]
    [InlineData("type=bind,dst=/a,tmpfs-size=1", "cannot mix 'tmpfs-*' options with mount type 'bind'")]
    [InlineData("dst=/a,nope=1", "unexpected key 'nope' in 'nope=1'")]
    [InlineData("dst=/a,nope", "invalid field 'nope' must be a key=value pair")]
    public void A_wrong_mount_is_told(string text, string message) => Assert.Equal(message, Assert.Throws<TareException>(() => MountOption.Parse(text)).Message);

    [Fact]
    public void An_env_file_takes_comments_and_the_callers_values()
    {
        List<string> values = EnvFile.Parse(["\uFEFF# c", "", "A=1", "  B=x y ", "HOME", "UNSET"], "f", name => name == "HOME" ? "/h" : null);
        Assert.Equal(["A=1", "B=x y ", "HOME=/h"], values);
        Assert.Contains("contains whitespaces", Assert.Throws<TareException>(() => EnvFile.Parse(["A B=1"], "f", null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.5g", 1610612736)]
    [InlineData("100kb", 102400)]
    [InlineData("10MiB", 10485760)]
    [InlineData("7", 7)]
    public void Sizes_are_read(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Fact]
    public void Detach_keys_are_found_across_reads_and_others_pass()
    {
        var keys = new EscapeKeys(EscapeKeys.Parse("ctrl-p,ctrl-q"));
        var pass = new List<byte>();
        Assert.False(keys.Filter([65, 16], pass));
        Assert.False(keys.Filter([66, 16], pass));
        Assert.Equal([65, 16, 66], pass);
        Assert.True(keys.Filter([17], pass));
        Assert.Equal([65, 16, 66], pass);
    }

    [Fact]
    public void Gateways_go_to_the_subnet_that_holds_them()
    {
        var configs = CreateNetwork.Subnets(["10.0.0.0/24", "fd00::1/64"], ["fd00::9", "10.0.0.1"], ["10.0.0.128/25"], null);
        Assert.Equal(("10.0.0.1", "10.0.0.128/25"), (configs[0].Gateway, configs[0].IPRange));
        Assert.Equal("fd00::9", configs[1].Gateway);
        Assert.Throws<TareException>(() => CreateNetwork.Subnets(["10.0.0.0/24"], ["10.1.0.1"], [], null));
    }

    [Theory]
    [InlineData("failed to create task for container: exec: \"nope\": executable file not found in $PATH", 127)]
    [InlineData("exec /etc/passwd: permission denied", 126)]
    [InlineData("driver failed programming external connectivity: port is already allocated", 125)]
    public void Start_failures_have_their_exit_codes(string message, int code) => Assert.Equal(code, StartFailure.CodeOf(message));
}
