using System.Net.Sockets;
using System.Text;
using Tare.Cgroups;
using Tare.Cgroups.Systemd;
using Tare.Errors;

namespace Tare.Tests.Unit.Cgroups;

/// <summary>Names and paths of scopes, and the messages that systemd gets, read by a socket that answers as it would.</summary>
public sealed class SystemdScopeTests
{
    [Theory]
    [InlineData("system.slice:docker:abc", "docker-abc.scope", "/system.slice/docker-abc.scope")]
    [InlineData("a-b-c.slice:cri:1", "cri-1.scope", "/a.slice/a-b.slice/a-b-c.slice/cri-1.scope")]
    [InlineData("-.slice:x:1", "x-1.scope", "/x-1.scope")]
    [InlineData("machine.slice::name", "name.scope", "/machine.slice/name.scope")]
    public void A_cgroups_path_names_a_scope_in_its_slice(string text, string unit, string path)
    {
        SystemdScope scope = SystemdScope.Parse(text, "id");
        Assert.Equal((unit, path), (scope.Unit, scope.Path));
    }

    [Theory]
    [InlineData("/plain/path")]
    [InlineData("a--b.slice:x:1")]
    [InlineData("no-slice:x:1")]
    [InlineData("system.slice:x:a/b")]
    public void Other_paths_are_refused(string text) => Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => SystemdScope.Parse(text, "id")).Kind);

    [Fact]
    public async Task Start_asks_for_a_delegated_scope_with_the_process_and_the_limits()
    {
        byte[] call = await HearAsync(2, scope => scope.Start(4711, new CgroupLimits { Memory = new() { Limit = 1 << 20 }, Pids = 7, Cpu = new() { Quota = 50_000, Period = 100_000 } }));
        string text = Encoding.ASCII.GetString(call);
        foreach (string word in new[] { "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))", "tare-x.scope", "system.slice", "Delegate", "PIDs" })
            Assert.Contains(word, text);
        Assert.Contains("MemoryMax\0\u0001t\0", text);
        Assert.True(call.AsSpan().IndexOf(BitConverter.GetBytes(1ul << 20)) > 0);
        Assert.True(call.AsSpan().IndexOf(BitConverter.GetBytes(500_000ul)) > 0, "half a processor is 500 ms a second");
        Assert.True(call.AsSpan().IndexOf(BitConverter.GetBytes(4711)) > 0);
    }

    [Fact]
    public async Task What_systemd_refuses_is_said_in_its_words()
    {
        TareException error = await Assert.ThrowsAsync<TareException>(() => HearAsync(3, scope => scope.Start(1, new CgroupLimits())));
        Assert.Equal("systemd refused StartTransientUnit: no", error.Message);
    }

    [Fact]
    public async Task A_first_call_that_systemd_looks_at_only_when_more_comes_does_not_hang() =>
        Assert.Contains("StopUnit", Encoding.ASCII.GetString(await HearAsync(2, scope => scope.Stop(), sleeps: true)));

    [Fact]
    public void Without_systemd_the_socket_is_named() =>
        Assert.Contains("connect to systemd at /no/such/socket", Assert.Throws<TareException>(() => Scope("/no/such/socket").Start(1, new CgroupLimits())).Message);

    private static SystemdScope Scope(string socket) => SystemdScope.Parse("system.slice:tare:x", "x", socket);

    /// <summary>Runs one call against a server that answers with a message of that type (2 return, 3 error "no"); returns the call's bytes. One that sleeps answers nothing before it has heard a second call.</summary>
    private static async Task<byte[]> HearAsync(byte answer, Action<SystemdScope> act, bool sleeps = false)
    {
        string directory = Directory.CreateTempSubdirectory("tare-dbus-").FullName;
        try
        {
            using Socket server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            server.Bind(new UnixDomainSocketEndPoint(directory + "/s"));
            server.Listen();
            Task<byte[]> heard = Task.Run(() => Serve(server, answer, sleeps));
            await Task.Run(() => act(Scope(directory + "/s")));
            return await heard;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static byte[] Serve(Socket server, byte answer, bool sleeps)
    {
        using Socket client = server.Accept();
        byte[] buffer = new byte[8192];
        string greeting = Encoding.ASCII.GetString(buffer, 0, client.Receive(buffer));
        Assert.StartsWith("\0AUTH EXTERNAL ", greeting);
        client.Send("OK 0123456789abcdef\r\n"u8);
        List<byte> call = [];
        while (call.Count < 16 || call.Count < Whole([.. call]))
        {
            int read = client.Receive(buffer);
            call.AddRange(buffer[..read]);
            if (call.Count >= 7 && Encoding.ASCII.GetString([.. call[..7]]) == "BEGIN\r\n")
                call.RemoveRange(0, 7);
        }
        if (sleeps)
            Assert.Contains("Ping", Encoding.ASCII.GetString(buffer, 0, client.Receive(buffer)));
        // A signal that nobody asked for comes first, then the answer to serial 1.
        byte[] body = answer == 3 ? [2, 0, 0, 0, (byte)'n', (byte)'o', 0] : [];
        client.Send([(byte)'l', 4, 0, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        client.Send([(byte)'l', answer, 0, 1, (byte)body.Length, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 5, 1, (byte)'u', 0, 1, 0, 0, 0, .. body]);
        return [.. call];
    }

    private static int Whole(byte[] head) => 16 + ((BitConverter.ToInt32(head, 12) + 7) & ~7) + BitConverter.ToInt32(head, 4);
}
