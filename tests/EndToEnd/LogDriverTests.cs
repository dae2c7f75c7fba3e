using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tare.Tests.EndToEnd;

/// <summary>Logs that go elsewhere, received by a server of the test's own.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class LogDriverTests(SharedEngine shared)
{
    private const string TwoLines = "echo out; echo err >&2";
    private readonly Engine _engine = shared.Engine;

    [Fact]
    public void Syslog_receives_lines_over_unix_sockets_udp_and_tcp_in_each_format()
    {
        using Receiver stream = new("unix"), datagrams = new("unixgram"), udp = new("udp"), tcp = new("tcp");
        string id = Run(stream, "");
        stream.Expect($@"^<30>\w{{3}} [ \d]\d \d\d:\d\d:\d\d {id}\[\d+\]: out\n");
        stream.Expect($@"<27>\w{{3}} [ \d]\d \d\d:\d\d:\d\d {id}\[\d+\]: err\n");
        _ = Run(datagrams, "rfc3164", "syslog-facility=local3", "tag={{.ImageName}}/{{.Name}}", "NAME");
        datagrams.Expect($@"^<158>\w{{3}} [ \d]\d \d\d:\d\d:\d\d {Environment.MachineName} busybox/logged\w+\[\d+\]: out\n$");
        id = Run(udp, "rfc5424");
        udp.Expect($@"^<30>1 \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ {Environment.MachineName} {id} \d+ {id} - out\n$");
        id = Run(tcp, "rfc5424micro");
        tcp.Expect($@"<27>1 \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}\S+ {Environment.MachineName} {id} \d+ {id} - err\n");
    }

    [Fact]
    public void Syslog_over_tls_goes_to_a_trusted_server_only()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string trusted = Path.Combine(_engine.Root, "syslog.pem");
        File.WriteAllText(trusted, certificate.ExportCertificatePem());
        using Receiver server = new("tcp+tls", X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null));
        Result refused = _engine.Tare("run", "--rm", "--log-driver", "syslog", "--log-opt", $"syslog-address={server.Address}", "busybox", "true");
        Assert.Contains("failed to initialize logging driver", refused.Error);
        string id = Run(server, "rfc5424", $"syslog-tls-ca-cert={trusted}");
        server.Expect($@"^\d+ <30>1 \S+ {Environment.MachineName} {id} \d+ {id} - out\n");
    }

    [Fact]
    public void Journald_receives_fields_and_docker_logs_reads_the_local_copy()
    {
        const string Place = "/run/systemd/journal/socket";
        Assert.False(File.Exists(Place), "this test plays journald, and there is one");
        bool made = !Directory.Exists("/run/systemd/journal");
        Directory.CreateDirectory("/run/systemd/journal");
        using (Receiver journal = new("unixgram", path: Place))
        {
            string id = _engine.Docker("run", "-d", "--log-driver", "journald", "--label", "a.b=c", "--log-opt", "labels=a.b", "--log-opt", "tag=t-{{.ID}}", "busybox", "sh", "-c", TwoLines).Ok().Trim();
            _engine.Tare("wait", id).Ok();
            journal.Expect($@"(?s)^MESSAGE=out\nPRIORITY=6\n.*CONTAINER_ID={id[..12]}\nCONTAINER_ID_FULL={id}\nCONTAINER_NAME=\w+\nCONTAINER_TAG=t-{id[..12]}\nIMAGE_NAME=busybox\n.*A_B=c\n$");
            journal.Expect(@"(?s)^MESSAGE=err\nPRIORITY=3\n");
            Assert.Equal("a.b=c out\n", _engine.Docker("logs", "--details", id).Ok());
            _engine.Tare("rm", id).Ok();
        }
        if (made)
            Directory.Delete("/run/systemd/journal");
        Assert.Contains("journald is not enabled on this host", _engine.Tare("run", "--rm", "--log-driver", "journald", "busybox", "true").Error);
    }

    [Fact]
    public void Lines_written_while_the_server_or_the_engine_was_away_arrive_afterwards()
    {
        using Engine engine = new();
        engine.LoadBusybox();
        Receiver first = new("tcp");
        string id = engine.Tare("run", "-d", "--log-driver", "syslog", "--log-opt", $"syslog-address={first.Address}", "busybox", "sh", "-c", "i=0; while true; do i=$((i+1)); echo line $i.; sleep 0.2; done").Ok().Trim();
        first.Expect(@"line 2\.\n");
        int port = first.Port;
        first.Dispose();
        Thread.Sleep(600);
        engine.Kill();
        Thread.Sleep(600);
        engine.Start();
        string reached = engine.Tare("logs", "--tail", "1", id).Ok().Trim();
        using Receiver second = new("tcp", port: port);
        second.Expect(reached.Replace(".", @"\.", StringComparison.Ordinal));
        string all = first.Text + second.Text;
        for (int i = 1; i <= int.Parse(reached.Split(' ', '.')[1]); i++)
            Assert.True(all.Contains($"line {i}.\n", StringComparison.Ordinal) || first.Text.EndsWith($"line {i - 1}.\n", StringComparison.Ordinal), $"line {i} is missing in: {all}");
    }

    [Fact]
    public void Log_options_that_cannot_be_are_refused()
    {
        Assert.Contains("unsupported scheme: 'http'", Refused("syslog", "syslog-address=http://x"));
        Assert.Contains("unknown log opt 'foo' for syslog log driver", Refused("syslog", "foo=1"));
        Assert.Contains("invalid syslog facility", Refused("syslog", "syslog-facility=none"));
        Assert.Contains("Invalid syslog format", Refused("syslog", "syslog-format=x"));
        Assert.Contains("is no field", Refused("syslog", "tag={{.Bad}}"));
        Assert.Contains("unknown log opt 'max-size' for journald log driver", Refused("journald", "max-size=1m"));
        Assert.Contains("no log driver named 'nope' is registered", Refused("nope"));
        Assert.Contains("Connection refused", Refused("syslog", "syslog-address=tcp://127.0.0.1:1"));
    }

    private string Refused(string driver, params string[] options) =>
        _engine.Tare(["run", "--rm", "--log-driver", driver, .. options.SelectMany(option => new[] { "--log-opt", option }), "busybox", "true"]).Error;

    /// <summary>Runs a container that writes two lines and returns its short id.</summary>
    private string Run(Receiver receiver, string format, params string[] options)
    {
        string name = "logged" + Guid.NewGuid().ToString("N")[..8];
        string id = _engine.Tare(["run", "-d", "--name", name, "--log-driver", "syslog", "--log-opt", $"syslog-address={receiver.Address}", "--log-opt", $"syslog-format={format}",
            .. options.Where(option => option != "NAME").SelectMany(option => new[] { "--log-opt", option }), "busybox", "sh", "-c", TwoLines]).Ok().Trim();
        _engine.Tare("wait", id).Ok();
        Assert.Equal("out\n", _engine.Tare("logs", id).Output);
        _engine.Tare("rm", id).Ok();
        return id[..12];
    }

    /// <summary>A server that collects what it is sent.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly Socket _socket;
        private readonly X509Certificate2? _certificate;
        private readonly ConcurrentQueue<string> _messages = new();
        private readonly ConcurrentBag<IDisposable> _connections = [];
        private readonly string? _path;

        public Receiver(string protocol, X509Certificate2? certificate = null, string? path = null, int port = 0)
        {
            _certificate = certificate;
            bool stream = protocol is "unix" or "tcp" or "tcp+tls";
            bool local = protocol.StartsWith("unix", StringComparison.Ordinal);
            _socket = local
                ? new Socket(AddressFamily.Unix, stream ? SocketType.Stream : SocketType.Dgram, ProtocolType.Unspecified)
                : new Socket(AddressFamily.InterNetwork, stream ? SocketType.Stream : SocketType.Dgram, stream ? ProtocolType.Tcp : ProtocolType.Udp);
            _path = local ? path ?? Path.Combine(Path.GetTempPath(), "tare-log-" + Guid.NewGuid().ToString("N")[..8]) : null;
            _socket.Bind(local ? new UnixDomainSocketEndPoint(_path!) : new IPEndPoint(IPAddress.Loopback, port));
            Port = local ? 0 : ((IPEndPoint)_socket.LocalEndPoint!).Port;
            Address = local ? $"{protocol}://{_path}" : $"{protocol}://{(certificate is null ? "127.0.0.1" : "localhost")}:{Port}";
            if (stream)
                _socket.Listen();
            _ = Task.Run(() => stream ? AcceptAsync() : ReceiveAsync());
        }

        public string Address { get; }

        public int Port { get; }

        public string Text => string.Concat(_messages);

        public void Expect(string pattern) => Wait.Until(
            () => System.Text.RegularExpressions.Regex.IsMatch(Text, pattern) || _messages.Any(message => System.Text.RegularExpressions.Regex.IsMatch(message, pattern)),
            TimeSpan.FromSeconds(15), () => $"nothing like {pattern} came, but: {string.Join("|", _messages)}");

        public void Dispose()
        {
            _socket.Dispose();
            foreach (IDisposable connection in _connections)
                connection.Dispose();
            if (_path is not null)
                File.Delete(_path);
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                Socket connection = await _socket.AcceptAsync();
                _connections.Add(connection);
                _ = Task.Run(() => ReadAsync(new NetworkStream(connection, ownsSocket: true)));
            }
        }

        private async Task ReadAsync(Stream stream)
        {
            if (_certificate is not null)
            {
                SslStream secure = new(stream);
                await secure.AuthenticateAsServerAsync(_certificate);
                stream = secure;
            }
            byte[] buffer = new byte[65536];
            while (await stream.ReadAsync(buffer) is var read and > 0)
                _messages.Enqueue(Encoding.UTF8.GetString(buffer, 0, read));
        }

        private async Task ReceiveAsync()
        {
            byte[] buffer = new byte[65536];
            while (true)
                _messages.Enqueue(Encoding.UTF8.GetString(buffer, 0, await _socket.ReceiveAsync(buffer)));
        }
    }
}
