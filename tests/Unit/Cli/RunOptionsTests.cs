using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Tests.Unit.Cli;

public sealed class RunOptionsTests
{
    private static CreateRequest Body(string line, bool detach = false)
    {
        var flags = new FlagSet();
        var container = new ContainerFlags(flags);
        List<string> arguments = flags.Parse(line.Split(' '), interspersed: false);
        return ContainerBody.Build(container, arguments, detach, name => name == "FROM_CALLER" ? "yes" : null);
    }

    [Fact]
    public void The_postgres_line_becomes_its_body()
    {
        CreateRequest body = Body("--name postgres -e POSTGRES_PASSWORD=mysecret -p 127.0.0.1:5432:5432 -v data:/var/lib/postgresql postgres", detach: true);
        Assert.Equal("postgres", body.Image);
        Assert.Null(body.Cmd);
        Assert.Equal(["POSTGRES_PASSWORD=mysecret"], body.Env);
        Assert.False(body.AttachStdout);
        Assert.Equal(["data:/var/lib/postgresql"], body.HostConfig!.Binds);
        PortBinding binding = Assert.Single(body.HostConfig.PortBindings!["5432/tcp"]!);
        Assert.Equal(("127.0.0.1", "5432"), (binding.HostIp, binding.HostPort));
        Assert.True(body.ExposedPorts!.ContainsKey("5432/tcp"));
        Assert.Equal("default", body.HostConfig.NetworkMode);
    }

    [Fact]
    public void Options_end_at_the_image()
    {
        CreateRequest body = Body("--rm -it alpine sh -c ls --rm");
        Assert.Equal(["sh", "-c", "ls", "--rm"], body.Cmd);
        Assert.True(body.Tty && body.OpenStdin && body.AttachStdin && body.StdinOnce && body.HostConfig!.AutoRemove);
    }

    [Fact]
    public void Limits_become_numbers()
    {
        HostConfig host = Body("-m 64m --memory-swap -1 --cpus 1.5 --pids-limit 20 --cpuset-cpus 0-1 --blkio-weight 100 --device-read-bps /dev/sda:1mb --ulimit nofile=5:6 --shm-size 1g a").HostConfig!;
        Assert.Equal(64L << 20, host.Memory);
        Assert.Equal(-1, host.MemorySwap);
        Assert.Equal(1_500_000_000, host.NanoCpus);
        Assert.Equal(20, host.PidsLimit);
        Assert.Equal("0-1", host.CpusetCpus);
        Assert.Equal(100, host.BlkioWeight);
        Assert.Equal(1UL << 20, host.BlkioDeviceReadBps![0].Rate);
        Assert.Equal((5, 6), (host.Ulimits![0].Soft, host.Ulimits[0].Hard));
        Assert.Equal(1L << 30, host.ShmSize);
    }

    [Fact]
    public void Isolation_networks_and_health_find_their_places()
    {
        CreateRequest body = Body(
            "--privileged --cap-add NET_ADMIN --cap-drop ALL --security-opt systempaths=unconfined --security-opt no-new-privileges --read-only --init "
            + "--device /dev/fuse --sysctl net.x=1 --network app --network-alias db --ip 10.0.0.2 --add-host a:1.2.3.4 --dns 1.1.1.1 --tmpfs /t:size=1m "
            + "--restart on-failure:3 --stop-signal INT --stop-timeout 3 --label a=b --hostname h --entrypoint sh -w /w -u 1:2 -e FROM_CALLER -e NOT_THERE "
            + "--health-cmd true --health-interval 1m30s --log-opt max-size=1m --group-add g --oom-score-adj 5 --expose 90-91/udp image");
        HostConfig host = body.HostConfig!;
        Assert.Equal(["no-new-privileges"], host.SecurityOpt);
        Assert.Empty(host.MaskedPaths!);
        Assert.Equal("rwm", host.Devices![0].CgroupPermissions);
        Assert.Equal("app", host.NetworkMode);
        Assert.Equal(["db"], body.NetworkingConfig!.EndpointsConfig!["app"]!.Aliases);
        Assert.Equal("10.0.0.2", body.NetworkingConfig.EndpointsConfig["app"]!.IPAMConfig!.IPv4Address);
        Assert.Equal(["a:1.2.3.4"], host.ExtraHosts);
        Assert.Equal("size=1m", host.Tmpfs!["/t"]);
        Assert.Equal(("on-failure", 3), (host.RestartPolicy.Name, host.RestartPolicy.MaximumRetryCount));
        Assert.Equal(["sh"], body.Entrypoint);
        Assert.Equal(["FROM_CALLER=yes"], body.Env);
        Assert.Equal(["CMD-SHELL", "true"], body.Healthcheck!.Test);
        Assert.Equal(90_000_000_000, body.Healthcheck.Interval);
        Assert.Equal("1m", host.LogConfig.Config!["max-size"]);
        Assert.True(host.Init);
        Assert.True(body.ExposedPorts!.ContainsKey("91/udp"));
    }

    [Theory]
    [InlineData("--rm --restart always a", "conflicting options: cannot specify both --restart and --rm")]
    [InlineData("--no-healthcheck --health-cmd x a", "--no-healthcheck conflicts with --health-* options")]
    [InlineData("-p 80:x a", "invalid containerPort: x")]
    [InlineData("--expose x a", "invalid range format for --expose: x, error: strconv.ParseUint: parsing \"x\": invalid syntax")]
    [InlineData("--pid x a", "--pid: invalid PID mode")]
    [InlineData("--network-alias x a", "network-scoped aliases are only supported for user-defined networks")]
    public void Combinations_that_make_no_sense_are_refused(string line, string message) =>
        Assert.Equal(message, Assert.Throws<TareException>(() => Body(line)).Message);

    [Theory]
    [InlineData("--nope a", "unknown flag: --nope")]
    [InlineData("-Z a", "unknown shorthand flag: 'Z' in -Z")]
    [InlineData("--name", "flag needs an argument: --name")]
    [InlineData("-m 5q a", "invalid argument \"5q\" for \"-m, --memory\" flag: invalid size: '5q'")]
    [InlineData("--rm=maybe a", "invalid argument \"maybe\" for \"--rm\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    [InlineData("--ulimit x=1 a", "invalid argument \"x=1\" for \"--ulimit\" flag: invalid ulimit type: x")]
    [InlineData("--gpus x a", "invalid argument \"x\" for \"--gpus\" flag: invalid count (x): value must be either \"all\" or an integer")]
    [InlineData("--cpus 0.0000000001 a", "invalid argument \"0.0000000001\" for \"--cpus\" flag: value is too precise")]
    public void Wrong_options_are_told_in_the_usual_words(string line, string message)
    {
        UsageException error = Assert.Throws<UsageException>(() => Body(line));
        Assert.Equal(message, error.Message);
        Assert.Equal(125, error.ExitCode);
    }
}
