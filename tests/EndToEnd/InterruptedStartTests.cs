using System.Net.Sockets;

namespace Tare.Tests.EndToEnd;

/// <summary>Engines whose start is disturbed: by a keeper that goes away as they find it, by their own end in the middle of it.</summary>
public sealed class InterruptedStartTests : IDisposable
{
    private readonly Engine _engine = new();

    public InterruptedStartTests()
    {
        _engine.LoadBusybox();
        _engine.Tare("run", "-d", "--name", "steady", "busybox", "sleep", "1000").Ok();
        _engine.Tare("create", "--name", "waiting", "busybox", "true").Ok();
    }

    [Fact]
    public void A_keeper_that_dies_while_the_engine_connects_to_it_is_replaced()
    {
        string pid = Pid();
        _engine.Kill();
        _engine.KillKeeper();
        string path = Path.Combine(_engine.ExecRoot, "keeper.sock");
        File.Delete(path);
        // In the place of a keeper that is about to die: it accepts, and is gone.
        using (Socket dying = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified))
        {
            dying.Bind(new UnixDomainSocketEndPoint(path));
            dying.Listen();
            _engine.Launch();
            using Socket engine = dying.Accept();
        }
        Wait.Until(() => _engine.Tare("ps", "-q").Code == 0, TimeSpan.FromSeconds(20), _engine.Log);
        Assert.Equal(pid, Pid());
        Assert.Equal("ok\n", _engine.Tare("exec", "steady", "echo", "ok").Ok());
        Assert.Equal(0, _engine.Tare("start", "-a", "waiting").Code);
    }

    [Fact]
    public void An_engine_that_dies_again_and_again_while_it_starts_mends_everything_in_the_end()
    {
        string pid = Pid();
        for (int i = 0; i < 12; i++)
        {
            _engine.Kill();
            if (i % 4 == 3)
                _engine.KillKeeper();
            _engine.Launch();
            Thread.Sleep(i * 12);
        }
        _engine.Kill();
        _engine.Start();
        Assert.Equal(pid, Pid());
        Assert.Equal("ok\n", _engine.Tare("exec", "steady", "echo", "ok").Ok());
        Assert.Equal(0, _engine.Tare("start", "-a", "waiting").Code);
        Assert.Equal("exited 0", _engine.Tare("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "waiting").Ok().Trim());
    }

    public void Dispose() => _engine.Dispose();

    private string Pid() => _engine.Tare("inspect", "-f", "{{.State.Pid}}", "steady").Ok().Trim();
}
