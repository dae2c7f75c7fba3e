using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tare.Oci.Image;
using Tare.Registry.Hosting;

namespace Tare.Tests.Unit.Registry;

/// <summary>A registry of its own on loopback, with a client for it. The directory outlives <see cref="RestartAsync"/>.</summary>
public sealed class RegistryFixture : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-registry-").FullName;
    private RegistryOptions _options = new();
    private StandaloneRegistry _registry = null!;

    public HttpClient Http { get; private set; } = null!;

    public RegistryServer Server => _registry.Server;

    public string Root => _root;

    /// <summary>Hash of the certificate that the registry should show.</summary>
    public string? TrustedHash { get; init; }

    public static async Task<RegistryFixture> StartAsync(RegistryOptions? options = null, string? trustedHash = null)
    {
        var fixture = new RegistryFixture { _options = options ?? new RegistryOptions(), TrustedHash = trustedHash };
        await fixture.BeginAsync();
        return fixture;
    }

    /// <summary>Ends the registry and starts another on the same directory.</summary>
    public async Task RestartAsync(RegistryOptions? options = null)
    {
        await EndAsync();
        _options = options ?? _options;
        await BeginAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(_root, recursive: true);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body = null, string? type = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (type is not null)
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }
        foreach ((string name, string value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                Assert.True((request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value));
        }
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, headers: headers);

    /// <summary>Pushes a blob in one request and returns its digest.</summary>
    public async Task<string> PushBlobAsync(string repository, byte[] content, string algorithm = "sha256")
    {
        string digest = DigestOf(content, algorithm);
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/?digest={digest}", content, "application/octet-stream");
        Assert.Equal(201, (int)answer.StatusCode);
        return digest;
    }

    /// <summary>Pushes an image manifest with its config and layers; returns the manifest and its digest.</summary>
    public async Task<(string Digest, byte[] Manifest)> PushImageAsync(string repository, string reference, string layer = "layer", string? subject = null, string? artifactType = null)
    {
        byte[] manifest = await ImageAsync(repository, layer, subject, artifactType);
        string digest = DigestOf(manifest);
        using HttpResponseMessage answer = await SendAsync(
            HttpMethod.Put, $"/v2/{repository}/manifests/{(reference.Length == 0 ? digest : reference)}", manifest, MediaTypes.OciManifest);
        Assert.True(201 == (int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        return (digest, manifest);
    }

    /// <summary>An image manifest whose config and layer have been pushed.</summary>
    public async Task<byte[]> ImageAsync(string repository, string layer = "layer", string? subject = null, string? artifactType = null)
    {
        byte[] config = "{}"u8.ToArray();
        byte[] content = Encoding.UTF8.GetBytes(layer);
        string configDigest = await PushBlobAsync(repository, config);
        string layerDigest = await PushBlobAsync(repository, content);
        string extra = (artifactType is null ? "" : $",\"artifactType\":\"{artifactType}\"")
            + (subject is null ? "" : $",\"subject\":{{\"mediaType\":\"{MediaTypes.OciManifest}\",\"digest\":\"{subject}\",\"size\":10}}");
        return Encoding.UTF8.GetBytes(
            $"{{\"schemaVersion\":2,\"mediaType\":\"{MediaTypes.OciManifest}\",\"config\":{{\"mediaType\":\"{MediaTypes.OciConfig}\",\"digest\":\"{configDigest}\",\"size\":{config.Length}}}"
            + $",\"layers\":[{{\"mediaType\":\"{MediaTypes.OciLayer}\",\"digest\":\"{layerDigest}\",\"size\":{content.Length}}}],\"annotations\":{{\"note\":\"{layer}\"}}{extra}}}");
    }

    public static byte[] IndexOf(params (string Digest, int Size, string Architecture)[] manifests) => Encoding.UTF8.GetBytes(
        $"{{\"schemaVersion\":2,\"mediaType\":\"{MediaTypes.OciIndex}\",\"manifests\":["
        + string.Join(',', manifests.Select(m => $"{{\"mediaType\":\"{MediaTypes.OciManifest}\",\"digest\":\"{m.Digest}\",\"size\":{m.Size},\"platform\":{{\"os\":\"linux\",\"architecture\":\"{m.Architecture}\"}}}}")) + "]}");

    public static string DigestOf(byte[] content, string algorithm = "sha256") =>
        $"{algorithm}:{Convert.ToHexStringLower(algorithm == "sha512" ? SHA512.HashData(content) : SHA256.HashData(content))}";

    /// <summary>Asserts the status, and for a refusal the code in the body, whose form the specification fixes.</summary>
    public static async Task ExpectAsync(HttpResponseMessage answer, int status, string? code = null)
    {
        string body = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"want {status}, got {(int)answer.StatusCode}: {body}");
        if (code is null)
            return;
        JsonElement error = Assert.Single(JsonDocument.Parse(body).RootElement.GetProperty("errors").EnumerateArray());
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    public static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) || answer.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : "";

    private async Task BeginAsync()
    {
        _registry = await StandaloneRegistry.StartAsync(_options with { Root = _root, Address = new(System.Net.IPAddress.Loopback, 0) }, NullLoggerFactory.Instance);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == TrustedHash } })
        {
            BaseAddress = new Uri($"{(_options.TlsCertificate is null ? "http" : "https")}://{_registry.Server.Address}"),
        };
    }

    private async Task EndAsync()
    {
        Http.Dispose();
        await _registry.DisposeAsync();
    }
}
