using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tare.Tests.EndToEnd;

/// <summary>
/// A registry that is no loopback address, so nothing about it is taken on trust: Debian's docker-registry with a certificate of an authority that the
/// machine does not know, which in turn lets in only clients that show one.
/// </summary>
public sealed class RegistryTlsTests : IDisposable
{
    private const string Address = "198.18.7.9";
    private const string Mirrored = "mirrored.example";

    private readonly string _root = Directory.CreateTempSubdirectory("tare-e2e-tls-").FullName;
    private readonly string _authority = $"{Address}:{RegistryProgram.FreePort()}";
    private readonly Process _registry;
    private readonly Engine _engine = new();

    public RegistryTlsTests()
    {
        _ = Repository.Run("ip", ["addr", "add", $"{Address}/32", "dev", "lo"]);
        MakeCertificates();
        File.WriteAllText(In("config.yml"), $$$"""
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: {{{In("store")}}}}}
            http: {addr: "{{{_authority}}}", tls: {certificate: {{{In("server.crt")}}}, key: {{{In("server.key")}}}, clientcas: [{{{In("ca.crt")}}}]}}
            """);
        _registry = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", "exec docker-registry serve \"$1\" >\"$2\" 2>&1", "sh", In("config.yml"), In("log") } })!;
        Wait.Until(() => Repository.Run("curl", ["-sk", "-o", "/dev/null", "--cert", In("client.crt"), "--key", In("client.key"), $"https://{_authority}/v2/"]).Code == 0,
            TimeSpan.FromSeconds(15), () => $"docker-registry does not start: {File.ReadAllText(In("log"))}");
        _engine.LoadBusybox();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _registry.Kill();
        _registry.WaitForExit();
        _registry.Dispose();
        _ = Repository.Run("ip", ["addr", "del", $"{Address}/32", "dev", "lo"]);
        foreach (string name in (string[])[_authority, Mirrored])
        {
            if (Directory.Exists(HostDirectory(name)))
                Directory.Delete(HostDirectory(name), recursive: true);
        }
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void A_registry_is_trusted_by_the_authority_and_shown_the_certificate_of_its_directory()
    {
        string name = $"{_authority}/team/box:1";
        _engine.Tare("tag", "busybox", name).Ok();
        Result unknown = _engine.Tare("push", name);
        Assert.NotEqual(0, unknown.Code);
        Assert.Contains("certificate", unknown.Error, StringComparison.Ordinal);

        // The authority alone is half of it: the registry wants to know who comes.
        string directory = HostDirectory(_authority);
        _ = Directory.CreateDirectory(directory);
        File.Copy(In("ca.crt"), Path.Combine(directory, "ca.crt"));
        Assert.NotEqual(0, _engine.Tare("push", name).Code);

        File.Copy(In("client.crt"), Path.Combine(directory, "client.cert"));
        Result keyless = _engine.Tare("push", name);
        Assert.Contains("missing key client.key", keyless.Error, StringComparison.Ordinal);
        File.Copy(In("client.key"), Path.Combine(directory, "client.key"));
        Assert.Contains("1: digest: sha256:", _engine.Tare("push", name).Ok(), StringComparison.Ordinal);
        _engine.Tare("rmi", "-f", name, "busybox").Ok();
        Assert.Equal("hello\n", _engine.Tare("run", "--rm", name, "echo", "hello").Ok());

        // A certificate for another name stays wrong, whoever signed it.
        File.WriteAllText(Path.Combine(directory, "ca.crt"), File.ReadAllText(In("other.crt")));
        _engine.Tare("rmi", "-f", name).Ok();
        Assert.Contains("certificate", _engine.Tare("pull", name).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hosts_file_leads_to_a_mirror_with_its_certificates_and_pushes_go_past_it()
    {
        string direct = HostDirectory(_authority);
        _ = Directory.CreateDirectory(direct);
        foreach ((string from, string to) in new[] { ("ca.crt", "ca.crt"), ("client.crt", "client.cert"), ("client.key", "client.key") })
            File.Copy(In(from), Path.Combine(direct, to));
        string name = $"{_authority}/team/box:1";
        _engine.Tare("tag", "busybox", name).Ok();
        _engine.Tare("push", "-q", name).Ok();
        _engine.Tare("rmi", "-f", name, "busybox").Ok();

        _ = Directory.CreateDirectory(HostDirectory(Mirrored));
        File.WriteAllText(Path.Combine(HostDirectory(Mirrored), "hosts.toml"), $"""
            server = "https://{Mirrored}"
            [host."https://{_authority}"]
              capabilities = ["pull", "resolve"]
              ca = "{In("ca.crt")}"
              client = [["{In("client.crt")}", "{In("client.key")}"]]
            """);
        Assert.Equal("hello\n", _engine.Tare("run", "--rm", $"{Mirrored}/team/box:1", "echo", "hello").Ok());
        Assert.Contains(Mirrored + "/team/box@sha256:", _engine.Tare("image", "inspect", "-f", "{{json .RepoDigests}}", $"{Mirrored}/team/box:1").Ok(), StringComparison.Ordinal);
        Result push = _engine.Tare("push", $"{Mirrored}/team/box:1");
        Assert.NotEqual(0, push.Code);
        Assert.DoesNotContain("digest: sha256:", push.Output, StringComparison.Ordinal);

        // What is wrong with the file is said with its place.
        File.WriteAllText(Path.Combine(HostDirectory(Mirrored), "hosts.toml"), "[host.\"https://x\"]\n  capabilites = [\"pull\"]\n");
        string error = _engine.Tare("pull", $"{Mirrored}/team/box:1").Error;
        Assert.Contains("hosts.toml", error, StringComparison.Ordinal);
        Assert.Contains("capabilites", error, StringComparison.Ordinal);
    }

    private static string HostDirectory(string name) => Path.Combine("/etc/tare/certs.d", name);

    private string In(string name) => Path.Combine(_root, name);

    private void MakeCertificates()
    {
        using ECDsa key = ECDsa.Create(), other = ECDsa.Create();
        using X509Certificate2 authority = Authority(key, "the tests' authority"), stranger = Authority(other, "another authority");
        File.WriteAllText(In("ca.crt"), authority.ExportCertificatePem());
        File.WriteAllText(In("other.crt"), stranger.ExportCertificatePem());
        foreach (string who in (string[])["server", "client"])
        {
            using var own = ECDsa.Create();
            var request = new CertificateRequest($"CN={who}", own, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Parse(Address));
            request.CertificateExtensions.Add(names.Build());
            using X509Certificate2 made = request.Create(authority, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(In($"{who}.crt"), made.ExportCertificatePem());
            File.WriteAllText(In($"{who}.key"), own.ExportPkcs8PrivateKeyPem());
        }
    }

    private static X509Certificate2 Authority(ECDsa key, string name)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1));
    }
}
