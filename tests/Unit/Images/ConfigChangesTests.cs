using Tare.Errors;
using Tare.Images.Make;
using Tare.Oci.Image;

namespace Tare.Tests.Unit.Images;

public sealed class ConfigChangesTests
{
    [Fact]
    public void Instructions_set_the_config_as_a_Dockerfile_would()
    {
        ImageRunConfig config = ConfigChanges.Apply(new ImageRunConfig { Env = ["A=0", "PATH=/bin"], WorkingDir = "/srv" }, [
            "CMD [\"sh\", \"-c\", \"true\"]",
            "entrypoint exec top",
            "ENV A=1 B=\"two words\"",
            "ENV C three four",
            "EXPOSE 80 53/udp 8000-8001",
            "LABEL k=v \"x y\"='z'",
            "USER 1:2",
            "VOLUME /data /more",
            "WORKDIR app",
            "STOPSIGNAL SIGQUIT",
            "ONBUILD RUN x",
            "HEALTHCHECK --interval=1m30s --retries=2 CMD curl -f http://localhost",
        ]);
        Assert.Equal(["sh", "-c", "true"], config.Cmd!);
        Assert.Equal(["/bin/sh", "-c", "exec top"], config.Entrypoint!);
        Assert.Equal(["A=1", "PATH=/bin", "B=two words", "C=three four"], config.Env!);
        Assert.Equal(["80/tcp", "53/udp", "8000/tcp", "8001/tcp"], config.ExposedPorts!.Keys);
        Assert.Equal("v z", $"{config.Labels!["k"]} {config.Labels["x y"]}");
        Assert.Equal(("1:2", "/srv/app", "SIGQUIT"), (config.User, config.WorkingDir, config.StopSignal));
        Assert.Equal(["/data", "/more"], config.Volumes!.Keys);
        Assert.Equal(["RUN x"], config.OnBuild!);
        Assert.Equal(["CMD-SHELL", "curl -f http://localhost"], config.Healthcheck!.Test!);
        Assert.Equal((90_000_000_000L, 2), (config.Healthcheck.Interval, config.Healthcheck.Retries));
    }

    [Theory]
    [InlineData("RUN x")]
    [InlineData("CMD")]
    [InlineData("EXPOSE 70000")]
    [InlineData("EXPOSE 80/icmp")]
    [InlineData("ENV A")]
    [InlineData("LABEL a='open")]
    [InlineData("ONBUILD FROM x")]
    [InlineData("HEALTHCHECK --interval=soon CMD x")]
    public void What_makes_no_sense_is_refused(string change) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => ConfigChanges.Apply(new ImageRunConfig(), [change])).Kind);
}
