using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Tare.Tests.EndToEnd.BadInput;

/// <summary>What clients get wrong, by name: the statuses and words that Docker answers with, and clients that do not play by the rules.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class BadInputTests(SharedEngine shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly Engine _engine = shared.Engine;

    [Theory]
    [InlineData("POST", "/containers/create", "{", 400, "invalid JSON: ")]
    [InlineData("POST", "/containers/create", "[]", 400, "invalid JSON: ")]
    [InlineData("POST", "/containers/create", "", 400, "invalid JSON: got EOF while reading request body")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\"} x", 400, "unexpected content after JSON")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\",\"HostConfig\":{\"Memory\":\"lots\"}}", 400, "invalid JSON: the value of $.HostConfig.Memory has a wrong type")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\",\"HostConfig\":{\"Ulimits\":[null]}}", 400, "invalid JSON: null as an element of an array")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\",\"HostConfig\":{\"Memory\":1}}", 400, "Minimum memory limit allowed is 6MB")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\",\"HostConfig\":{\"Memory\":8388608,\"MemorySwap\":7340032}}", 400, "Minimum memoryswap limit should be larger than memory limit, see usage")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\",\"HostConfig\":{\"NanoCpus\":1000000,\"CpuQuota\":1000}}", 400, "Conflicting options: Nano CPUs and CPU Quota cannot both be set")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\",\"HostConfig\":{\"AutoRemove\":true,\"RestartPolicy\":{\"Name\":\"always\"}}}", 400, "can't create 'AutoRemove' container with restart policy")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"busybox\",\"WorkingDir\":\"here\"}", 400, "the working directory 'here' is invalid, it needs to be an absolute path")]
    [InlineData("POST", "/containers/create?name=a%20b", "{\"Image\":\"busybox\"}", 400, "Invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")]
    [InlineData("POST", "/containers/create", "{\"Image\":\"no-such-image\"}", 404, "No such image: no-such-image:latest")]
    [InlineData("GET", "/containers/nothing/json", "", 404, "No such container: nothing")]
    [InlineData("GET", "/exec/nothing/json", "", 404, "No such exec instance: nothing")]
    [InlineData("GET", "/networks/nothing", "", 404, "network nothing not found")]
    [InlineData("GET", "/volumes/nothing", "", 404, "get nothing: no such volume")]
    [InlineData("GET", "/no/such/page", "", 404, "page not found")]
    [InlineData("GET", "/v1.1/info", "", 400, "client version 1.1 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version")]
    [InlineData("GET", "/containers/json?filters=nonsense", "", 400, "invalid filter")]
    [InlineData("GET", "/containers/json?filters={%22nonsense%22:[%22a%22]}", "", 400, "invalid filter 'nonsense'")]
    public async Task What_is_wrong_is_refused_as_docker_does(string method, string target, string body, int status, string message)
    {
        RawAnswer answer = await RawClient.SendAsync(_engine.SocketPath, RawClient.Request(method, target, body), Patience);
        Assert.Equal(status, answer.Status);
        Assert.StartsWith("{\"message\":\"" + message.Replace("'", "\\u0027", StringComparison.Ordinal), answer.Body.Replace("'", "\\u0027", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_not_said_to_be_json_is_refused()
    {
        RawAnswer none = await RawClient.SendAsync(_engine.SocketPath, RawClient.Request("POST", "/volumes/create", "{}"u8, null), Patience);
        Assert.Equal((400, "{\"message\":\"malformed Content-Type header (): mime: no media type\"}"), (none.Status, none.Body.Trim()));
        RawAnswer form = await RawClient.SendAsync(_engine.SocketPath, RawClient.Request("POST", "/volumes/create", "a=b"u8, "application/x-www-form-urlencoded"), Patience);
        Assert.Equal(400, form.Status);
        Assert.Contains("unsupported Content-Type header (application/x-www-form-urlencoded): must be", form.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_members_are_ignored_and_a_null_is_as_if_nothing_was_said()
    {
        const string Body = """{"Image":"busybox","Cmd":null,"NoSuchMember":{"a":[1]},"Labels":{"a":null},"HostConfig":{"NetworkMode":null,"RestartPolicy":{"Name":null},"LogConfig":{"Type":null},"PortBindings":{"80/tcp":[{"HostIp":null,"HostPort":null}]}}}""";
        RawAnswer answer = await RawClient.SendAsync(_engine.SocketPath, RawClient.Request("POST", "/containers/create?name=nulls", Body), Patience);
        Assert.Equal(201, answer.Status);
        Assert.Equal("map[a:] no", _engine.Tare("inspect", "-f", "{{.Config.Labels}} {{.HostConfig.RestartPolicy.Name}}", "nulls").Ok().Trim());
        _engine.Tare("rm", "nulls").Ok();
    }

    [Theory]
    [InlineData("Content-Length: 10000000000\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n", "10000000\r\n")]
    public async Task A_body_without_end_is_cut_off_before_it_costs_memory(string length, string first)
    {
        long before = Resident();
        using Socket socket = RawClient.Connect(_engine.SocketPath);
        _ = await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /containers/create HTTP/1.1\r\nHost: tare\r\nContent-Type: application/json\r\n{length}\r\n{first}{{\"Image\":\""));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        Task<RawAnswer> reading = RawClient.ReadAsync(socket, headOnly: true, limit.Token);
        byte[] noise = Encoding.ASCII.GetBytes(new string('x', 1 << 20));
        try
        {
            for (int sent = 0; sent < 200 && !reading.IsCompleted; sent++)
                _ = await socket.SendAsync(noise, limit.Token);
        }
        catch (SocketException)
        {
            // Cut off, as it should be.
        }
        Assert.True((await reading).Status is 413 or RawAnswer.Closed);
        Assert.True(Resident() < before + (80 * 1024), $"{before} → {Resident()} KB");
    }

    [Fact]
    public async Task Clients_that_stop_in_the_middle_of_a_request_keep_nobody_waiting()
    {
        string[] halves =
        [
            "POST /containers/create HT", "POST /containers/create HTTP/1.1\r\nHost: ta", "POST /containers/create HTTP/1.1\r\nHost: tare\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"Image\":",
            "POST /images/load HTTP/1.1\r\nHost: tare\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "POST /containers/x/attach?stream=1 HTTP/1.1\r\nHost: tare\r\nUpgrade: tcp\r\nConnec",
        ];
        List<Socket> slow = [];
        try
        {
            for (int i = 0; i < 100; i++)
            {
                Socket socket = RawClient.Connect(_engine.SocketPath);
                slow.Add(socket);
                _ = await socket.SendAsync(Encoding.ASCII.GetBytes(halves[i % halves.Length]));
            }
            var clock = Stopwatch.StartNew();
            RawAnswer ping = await RawClient.SendAsync(_engine.SocketPath, RawClient.Request("GET", "/_ping"), Patience);
            Assert.Equal(200, ping.Status);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), $"{clock.Elapsed}");
        }
        finally
        {
            slow.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_client_that_leaves_without_a_word_is_noticed_though_the_container_is_silent()
    {
        _engine.Tare("run", "-d", "--name", "silent", "busybox", "sleep", "1000").Ok();
        int before = Descriptors();
        for (int i = 0; i < 30; i++)
        {
            using Socket socket = RawClient.Connect(_engine.SocketPath);
            _ = await socket.SendAsync(RawClient.Request("POST", "/containers/silent/attach?stream=1&stdout=1", [], null, "Connection: Upgrade\r\nUpgrade: tcp\r\n"));
            using CancellationTokenSource limit = new(Patience);
            Assert.Equal(101, (await RawClient.ReadAsync(socket, headOnly: true, limit.Token)).Status);
        }
        Wait.Until(() => Descriptors() < before + 15, TimeSpan.FromSeconds(15), () => $"tared had {before} descriptors and has {Descriptors()}");
        _engine.Tare("rm", "-f", "silent").Ok();
    }

    private int Descriptors() => Directory.GetFiles($"/proc/{_engine.Pid}/fd").Length;

    /// <summary>In KB.</summary>
    private long Resident() => long.Parse(File.ReadLines($"/proc/{_engine.Pid}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
}
