namespace Tare.Tests.EndToEnd;

/// <summary>Engines that are reached by TCP with TLS and through ssh, and the record of who did what.</summary>
public sealed class RemoteClientTests : IDisposable
{
    private const string Port = "27376";
    private readonly Engine _engine = new(start: false);

    [Fact]
    public void Clients_with_a_certificate_run_containers_by_tcp_and_others_do_not()
    {
        string files = Path.Combine(_engine.Root, "tls");
        Repository.Run("sh", ["-ec", MakeCertificates, "sh", files]).Ok();
        _engine.Options = ["--host", $"tcp://127.0.0.1:{Port}", "--tlsverify", "--tlscacert", files + "/ca.pem", "--tlscert", files + "/server.pem", "--tlskey", files + "/server-key.pem"];
        _engine.Start();
        _engine.LoadBusybox();
        foreach (string program in (string[])["docker", Repository.Program("tare")])
        {
            string[] first = ["--tlsverify", "--tlscacert", files + "/ca.pem", "--tlscert", files + "/cert.pem", "--tlskey", files + "/key.pem", "-H", $"tcp://127.0.0.1:{Port}"];
            Result echoed = Repository.Run(program, [.. first, "run", "--rm", "-i", "busybox", "cat"], input: "through tls", environment: Alone);
            Assert.Equal("through tls", echoed.Ok());
            Assert.NotEqual(0, Repository.Run(program, ["--tlsverify", "--tlscacert", files + "/ca.pem", "-H", $"tcp://127.0.0.1:{Port}", "ps"], environment: Alone).Code);
        }
        Result context = Repository.Run(Repository.Program("tare"), ["context", "create", "far", "--docker", $"host=tcp://127.0.0.1:{Port},ca={files}/ca.pem,cert={files}/cert.pem,key={files}/key.pem"], environment: Alone);
        Assert.Equal("far\n", context.Ok());
        foreach (string program in (string[])["docker", Repository.Program("tare")])
            Repository.Run(program, ["--context", "far", "ps"], environment: Alone).Ok();
        Assert.Contains("\"subject\":\"CN=client\"", File.ReadAllText(Path.Combine(_engine.DataRoot, "audit.log")));
    }

    [Fact]
    public void An_engine_is_reached_through_ssh()
    {
        _engine.Start();
        _engine.LoadBusybox();
        // Stands where ssh would: runs the command that ssh would run on the other host.
        string bin = Path.Combine(_engine.Root, "bin");
        _ = Directory.CreateDirectory(bin);
        File.WriteAllText(bin + "/ssh", $"#!/bin/sh\nfor last; do :; done\nexport TARE_HOST={_engine.Host}\nPATH={Path.GetDirectoryName(Repository.Program("tare"))}:$PATH exec sh -c \"$last\"\n");
        File.SetUnixFileMode(bin + "/ssh", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Dictionary<string, string> environment = new(Alone) { ["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}" };
        Result result = Repository.Run(Repository.Program("tare"), ["-H", "ssh://somebody@far", "run", "--rm", "-i", "busybox", "cat"], input: "through ssh", environment: environment);
        Assert.Equal("through ssh", result.Ok());
    }

    [Fact]
    public void Who_ran_what_is_on_record()
    {
        _engine.Start();
        _engine.LoadBusybox();
        string id = _engine.Tare("run", "-d", "busybox", "sleep", "100").Ok().Trim();
        _engine.Tare("exec", id, "echo", "secret deed").Ok();
        string record = File.ReadAllText(Path.Combine(_engine.DataRoot, "audit.log"));
        Assert.Contains($"\"command\":\"echo secret deed\"", record);
        Assert.Contains("\"uid\":0", record);
        Assert.Contains("\"program\":\"tare\"", record);
        Assert.Contains($"\"container\":\"{id}\"", record);
    }

    public void Dispose() => _engine.Dispose();

    private Dictionary<string, string> Alone => new() { ["DOCKER_CONFIG"] = Path.Combine(_engine.Root, "docker"), ["DOCKER_HOST"] = "", ["TARE_HOST"] = "" };

    private const string MakeCertificates =
        """
        mkdir -p "$1" && cd "$1"
        exec 2>openssl.log
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -days 2 -subj /CN=authority
        sign() {
          openssl req -newkey rsa:2048 -nodes -keyout "$2" -out request.pem -subj "/CN=$3"
          printf "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=$4\n" > extensions
          openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile extensions -out "$1"
        }
        sign server.pem server-key.pem server serverAuth
        sign cert.pem key.pem client clientAuth
        """;
}
