using Tare.Distribution;
using Tare.Distribution.Hosts;
using Tare.Errors;

namespace Tare.Tests.Unit.Distribution;

public sealed class HostTableTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-hosts-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Docker_Hub_has_a_server_of_another_name_and_mirrors_before_it()
    {
        IReadOnlyList<RegistryHost> hosts = Table(new RegistryOptions { Mirrors = ["https://mirror.example"] }).Of("docker.io");
        Assert.Equal(["mirror.example", "registry-1.docker.io"], hosts.Select(h => h.Authority));
        Assert.Equal((false, "docker.io"), (hosts[0].CanPush, hosts[0].MirrorOf));
    }

    [Theory]
    [InlineData("localhost:5000", true)]
    [InlineData("127.1.2.3:5000", true)]
    [InlineData("[::1]:5000", true)]
    [InlineData("plain.example", true)]
    [InlineData("plain.example:5000", true)]
    [InlineData("10.1.2.3:5000", true)]
    [InlineData("11.1.2.3:5000", false)]
    [InlineData("ghcr.io", false)]
    public void Only_this_machine_and_what_was_named_may_be_insecure(string domain, bool insecure)
    {
        RegistryHost host = Table(new RegistryOptions { Insecure = ["plain.example", "10.0.0.0/8"] }).Of(domain).Single();
        Assert.Equal((insecure, insecure), (host.SkipVerify, host.MayUseHttp));
    }

    [Fact]
    public void A_hosts_file_names_mirrors_with_their_certificates_and_headers()
    {
        Write("r.example/hosts.toml", """
            # mirrors of r.example
            server = "https://r.example"
            [host."http://mirror.example:8080/prefix"]
              capabilities = ["pull", "resolve"]
              ca = "ca.crt"
              client = [["c.pem", "k.pem"]]
              [host."http://mirror.example:8080/prefix".header]
                x-tenant = ["one"]
            [host."https://exact.example/api"]
              override_path = true
              skip_verify = true
            """);
        IReadOnlyList<RegistryHost> hosts = Table(new RegistryOptions()).Of("r.example");
        Assert.Equal(["http://mirror.example:8080/ /prefix/v2", "https://exact.example/ /api", "https://r.example/ /v2"], hosts.Select(h => $"{h.Root} {h.ApiPath}"));
        Assert.Equal((false, true, Path.Combine(_root, "r.example", "ca.crt")), (hosts[0].CanPush, hosts[0].CanPull, hosts[0].Authorities.Single()));
        Assert.Equal(("x-tenant", "one"), (hosts[0].Headers.Single().Key, hosts[0].Headers.Single().Value));
        Assert.True(hosts[1].SkipVerify);
        Assert.Null(hosts[2].MirrorOf);
    }

    [Theory]
    [InlineData("server = 5")]
    [InlineData("server = \"ftp://x\"")]
    [InlineData("nonsense = \"x\"")]
    [InlineData("[host.\"https://x\"")]
    [InlineData("server = \"https://x")]
    [InlineData("server = \"https://x\"\nserver = \"https://y\"")]
    public void A_wrong_hosts_file_is_an_error_that_names_the_file(string text)
    {
        Write("r.example/hosts.toml", text);
        TareException error = Assert.Throws<TareException>(() => Table(new RegistryOptions()).Of("r.example"));
        Assert.Contains("r.example/hosts.toml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_certificates_is_taken_as_Docker_does()
    {
        Write("r.example:5000/ca.crt", "");
        Write("r.example:5000/client.cert", "");
        TareException missing = Assert.Throws<TareException>(() => Table(new RegistryOptions()).Of("r.example:5000"));
        Assert.Contains("missing key client.key", missing.Message, StringComparison.Ordinal);
        Write("r.example:5000/client.key", "");
        RegistryHost host = Table(new RegistryOptions()).Of("r.example:5000").Single();
        Assert.Equal((1, 1), (host.Authorities.Count, host.ClientCertificates.Count));
    }

    private HostTable Table(RegistryOptions options) => new(options with { HostDirectories = [_root] });

    private void Write(string path, string text)
    {
        string whole = Path.Combine(_root, path);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        File.WriteAllText(whole, text);
    }
}
