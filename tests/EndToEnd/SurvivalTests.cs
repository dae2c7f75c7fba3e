namespace Tare.Tests.EndToEnd;

/// <summary>Containers go on while tared is away, and the next tared knows them.</summary>
public sealed class SurvivalTests : IDisposable
{
    private readonly Engine _engine = new();

    public SurvivalTests() => _engine.LoadBusybox();

    [Fact]
    public void Containers_never_notice_that_tared_was_killed()
    {
        _engine.Tare("run", "-d", "--name", "writer", "busybox", "sh", "-c", "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; sleep 0.05; done; exit 3").Ok();
        _engine.Tare("run", "-d", "--name", "steady", "-p", "127.0.0.1:47124:80", "busybox", "sh", "-c", "mkdir -p /w; echo hello > /w/index.html; exec httpd -f -h /w").Ok();
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", "steady").Ok();
        Thread.Sleep(300);
        _engine.Kill();
        Assert.Equal("hello\n", Repository.Run("curl", ["-s", "--retry", "5", "--retry-connrefused", "http://127.0.0.1:47124/"]).Ok());
        Thread.Sleep(2500); // the writer ends while nobody watches
        _engine.Start();
        Assert.Equal(pid, _engine.Tare("inspect", "-f", "{{.State.Pid}}", "steady").Ok());
        Assert.Equal("running", _engine.Tare("inspect", "-f", "{{.State.Status}}", "steady").Ok().Trim());
        Assert.Equal("exited 3", _engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "writer").Ok().Trim());
        Assert.Equal(string.Concat(Enumerable.Range(1, 40).Select(i => $"line {i}\n")), _engine.Tare("logs", "writer").Ok());
        Assert.Equal("ok\n", _engine.Tare("exec", "steady", "echo", "ok").Ok());
        Assert.Equal("hello\n", Repository.Run("curl", ["-s", "http://127.0.0.1:47124/"]).Ok());
        _engine.Tare("stop", "-t", "1", "steady").Ok();
        _engine.Tare("rm", "steady", "writer").Ok();
    }

    [Fact]
    public void A_container_that_was_being_made_when_tared_was_killed_is_gone_or_whole()
    {
        for (int i = 0; i < 5; i++)
        {
            using Background run = _engine.Start(Repository.Program("tare"), "run", "-d", "--name", $"cut{i}", "busybox", "sleep", "100");
            Thread.Sleep(5 * i);
            _engine.Kill();
            _engine.Start();
            Result inspect = _engine.Tare("inspect", "-f", "{{.State.Status}}", $"cut{i}");
            if (inspect.Code == 0)
                _engine.Tare("rm", "-f", $"cut{i}").Ok();
        }
        Assert.Equal("", _engine.Tare("ps", "-aq").Ok());
        Assert.DoesNotContain(Directory.GetDirectories(Path.Combine(_engine.DataRoot, "containers")), d => Path.GetFileName(d).Length == 64);
    }

    [Fact]
    public void A_stopped_tared_leaves_its_containers_running_and_restart_policies_hold()
    {
        _engine.Tare("run", "-d", "--name", "always", "--restart", "always", "busybox", "sleep", "1000").Ok();
        string pid = _engine.Tare("inspect", "-f", "{{.State.Pid}}", "always").Ok().Trim();
        _engine.Stop();
        Assert.True(Directory.Exists($"/proc/{pid}"));
        Repository.Run("kill", ["-9", pid]).Ok();
        _engine.Start();
        Wait.Until(() => _engine.Tare("inspect", "-f", "{{.State.Status}}", "always").Output.Trim() == "running", TimeSpan.FromSeconds(10), () => _engine.Log());
        Assert.NotEqual(pid, _engine.Tare("inspect", "-f", "{{.State.Pid}}", "always").Ok().Trim());
        _engine.Tare("rm", "-f", "always").Ok();
    }

    public void Dispose() => _engine.Dispose();
}
