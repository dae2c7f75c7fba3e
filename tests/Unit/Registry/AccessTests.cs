using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Tare.Registry.Access;
using Tare.Registry.Hosting;
using static Tare.Tests.Unit.Registry.RegistryFixture;

namespace Tare.Tests.Unit.Registry;

/// <summary>Who may do what: passwords, tokens, rules, and blobs that other repositories have.</summary>
public sealed class AccessTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-registry-access-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_password_opens_the_registry_and_nothing_else_does()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Htpasswd = Users(("alice", "secret")) });
        using (HttpResponseMessage nobody = await registry.GetAsync("/v2/"))
        {
            await ExpectAsync(nobody, 401, "UNAUTHORIZED");
            Assert.Equal("Basic realm=\"Tare registry\"", Header(nobody, "WWW-Authenticate"));
        }
        foreach ((string user, string password, int status) in ((string, string, int)[])[("alice", "secret", 200), ("alice", "wrong", 401), ("bob", "secret", 401), ("alice", "secret", 200)])
        {
            registry.Http.DefaultRequestHeaders.Authorization = Basic(user, password);
            using HttpResponseMessage answer = await registry.GetAsync("/v2/");
            await ExpectAsync(answer, status);
        }
        _ = await registry.PushImageAsync("any/thing", "v1");
    }

    [Fact]
    public async Task A_user_who_is_added_to_the_file_may_enter_and_one_who_is_removed_may_not()
    {
        string file = Users(("alice", "a"));
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Htpasswd = file });
        registry.Http.DefaultRequestHeaders.Authorization = Basic("alice", "a");
        using (HttpResponseMessage before = await registry.GetAsync("/v2/"))
            await ExpectAsync(before, 200);
        File.WriteAllText(file, $"bob:{Bcrypt.Hash("b", 4)}\n");
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(5));
        using (HttpResponseMessage removed = await registry.GetAsync("/v2/"))
            await ExpectAsync(removed, 401, "UNAUTHORIZED");
        registry.Http.DefaultRequestHeaders.Authorization = Basic("bob", "b");
        using HttpResponseMessage added = await registry.GetAsync("/v2/");
        await ExpectAsync(added, 200);
    }

    [Fact]
    public async Task Rules_decide_by_repository_user_and_action()
    {
        var options = new RegistryOptions
        {
            Htpasswd = Users(("alice", "a"), ("bob", "b")),
            Rules =
            [
                new AccessRule([new("team/**")], ["alice"], RepositoryAction.Read | RepositoryAction.Write),
                new AccessRule([new("public/*")], ["anonymous"], RepositoryAction.Read),
                new AccessRule([new("public/*")], ["*"], RepositoryAction.Write),
                new AccessRule([new("**")], ["root"], RepositoryAction.All),
            ],
        };
        await using RegistryFixture registry = await StartAsync(options);
        registry.Http.DefaultRequestHeaders.Authorization = Basic("alice", "a");
        (string digest, _) = await registry.PushImageAsync("team/deep/app", "v1");
        _ = await registry.PushImageAsync("public/app", "v1");
        using (HttpResponseMessage delete = await registry.SendAsync(HttpMethod.Delete, $"/v2/team/deep/app/manifests/{digest}"))
            await ExpectAsync(delete, 403, "DENIED");
        using (HttpResponseMessage prefix = await registry.SendAsync(HttpMethod.Post, "/v2/team-b/app/blobs/uploads/"))
            await ExpectAsync(prefix, 403, "DENIED");
        using (HttpResponseMessage catalog = await registry.GetAsync("/v2/_catalog"))
            Assert.Equal("{\"repositories\":[\"public/app\",\"team/deep/app\"]}", await catalog.Content.ReadAsStringAsync());
        registry.Http.DefaultRequestHeaders.Authorization = Basic("bob", "b");
        using (HttpResponseMessage other = await registry.GetAsync("/v2/team/deep/app/manifests/v1"))
            await ExpectAsync(other, 403, "DENIED");
        using (HttpResponseMessage catalog = await registry.GetAsync("/v2/_catalog"))
            Assert.Equal("{\"repositories\":[\"public/app\"]}", await catalog.Content.ReadAsStringAsync());
        registry.Http.DefaultRequestHeaders.Authorization = null;
        using (HttpResponseMessage open = await registry.GetAsync("/v2/public/app/manifests/v1"))
            await ExpectAsync(open, 200);
        using HttpResponseMessage push = await registry.SendAsync(HttpMethod.Post, "/v2/public/app/blobs/uploads/");
        await ExpectAsync(push, 401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task A_blob_of_a_repository_that_the_caller_may_not_read_can_neither_be_mounted_nor_seen_by_its_digest()
    {
        var options = new RegistryOptions
        {
            Htpasswd = Users(("alice", "a"), ("bob", "b")),
            Rules = [new AccessRule([new("alice/**"), new("shared/*")], ["alice"], RepositoryAction.All), new AccessRule([new("bob/**"), new("shared/*")], ["bob"], RepositoryAction.All)],
        };
        await using RegistryFixture registry = await StartAsync(options);
        registry.Http.DefaultRequestHeaders.Authorization = Basic("alice", "a");
        string secret = await registry.PushBlobAsync("alice/secret", "secret content"u8.ToArray());
        string shared = await registry.PushBlobAsync("shared/base", "shared content"u8.ToArray());
        registry.Http.DefaultRequestHeaders.Authorization = Basic("bob", "b");
        foreach (string query in (string[])[$"?mount={secret}&from=alice/secret", $"?mount={secret}", $"?mount={secret}&from=shared/base", $"?mount={DigestOf("nowhere"u8.ToArray())}&from=alice/secret"])
        {
            using HttpResponseMessage mount = await registry.SendAsync(HttpMethod.Post, $"/v2/bob/app/blobs/uploads/{query}");
            await ExpectAsync(mount, 202);
        }
        using (HttpResponseMessage head = await registry.SendAsync(HttpMethod.Head, $"/v2/bob/app/blobs/{secret}"))
            await ExpectAsync(head, 404);
        using (HttpResponseMessage get = await registry.GetAsync($"/v2/alice/secret/blobs/{secret}"))
            await ExpectAsync(get, 403, "DENIED");
        foreach (string query in (string[])[$"?mount={shared}&from=shared/base", $"?mount={shared}"])
        {
            using HttpResponseMessage mount = await registry.SendAsync(HttpMethod.Post, $"/v2/bob/{(query.Contains("from", StringComparison.Ordinal) ? "one" : "two")}/blobs/uploads/{query}");
            await ExpectAsync(mount, 201);
            Assert.Equal("shared content"u8.ToArray(), await registry.Http.GetByteArrayAsync(Header(mount, "Location")));
        }
    }

    [Fact]
    public async Task Deleting_can_be_disabled_for_blobs_manifests_and_tags()
    {
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { DeleteAllowed = false });
        (string digest, _) = await registry.PushImageAsync("team/app", "v1");
        string blob = await registry.PushBlobAsync("team/app", "x"u8.ToArray());
        foreach (string path in (string[])["manifests/v1", $"manifests/{digest}", $"blobs/{blob}"])
        {
            using HttpResponseMessage delete = await registry.SendAsync(HttpMethod.Delete, $"/v2/team/app/{path}");
            await ExpectAsync(delete, 405, "UNSUPPORTED");
        }
        using HttpResponseMessage get = await registry.GetAsync("/v2/team/app/manifests/v1");
        await ExpectAsync(get, 200);
    }

    [Theory]
    [InlineData("**", "a/b/c", true)]
    [InlineData("a/*", "a/b", true)]
    [InlineData("a/*", "a/b/c", false)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/**", "ab/c", false)]
    [InlineData("*", "a", true)]
    [InlineData("*/app", "team/app", true)]
    [InlineData("**/app", "x/y/app", true)]
    [InlineData("a*c", "abc", true)]
    [InlineData("a*c", "ab/c", false)]
    public void A_pattern_covers_whole_names(string pattern, string name, bool matches) => Assert.Equal(matches, new RepositoryPattern(pattern).Matches(name));

    [Fact]
    public async Task Tokens_open_what_they_say_when_a_configured_key_signed_them()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using RegistryFixture registry = await StartAsync(new RegistryOptions { Tokens = Tokens(("one", key.ExportSubjectPublicKeyInfoPem())) });
        using (HttpResponseMessage nobody = await registry.GetAsync("/v2/team/app/manifests/v1"))
        {
            await ExpectAsync(nobody, 401, "UNAUTHORIZED");
            Assert.Equal("Bearer realm=\"https://auth.example.org/token\",service=\"registry.example.org\",scope=\"repository:team/app:pull\"", Header(nobody, "WWW-Authenticate"));
        }
        registry.Http.DefaultRequestHeaders.Authorization = new("Bearer", Token(key, "one", Claims("team/app", "pull", "push")));
        _ = await registry.PushImageAsync("team/app", "v1");
        using (HttpResponseMessage other = await registry.GetAsync("/v2/team/other/manifests/v1"))
            await ExpectAsync(other, 401, "UNAUTHORIZED");
        using HttpResponseMessage delete = await registry.SendAsync(HttpMethod.Delete, "/v2/team/app/manifests/v1");
        await ExpectAsync(delete, 401, "UNAUTHORIZED");
        Assert.Contains("error=\"insufficient_scope\"", Header(delete, "WWW-Authenticate"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_worthless_by_another_key_another_name_another_time_or_for_somebody_else()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var verifier = new TokenVerifier(Tokens(("one", key.ExportSubjectPublicKeyInfoPem()), ("", rsa.ExportSubjectPublicKeyInfoPem())));
        string good = Claims("team/app", "pull");
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Assert.NotNull(verifier.Verify(Token(key, "one", good), now));
        string[] bad =
        [
            Token(foreign, "one", good),
            Token(foreign, "other", good),
            Token(foreign, "../../one", good),
            Token(key, "other", good),
            Token(foreign, null, good),
            // The header brings its own key, which nobody configured.
            Sign(foreign, $"{{\"alg\":\"ES256\",\"jwk\":{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{Url(foreign.ExportParameters(false).Q.X!)}\",\"y\":\"{Url(foreign.ExportParameters(false).Q.Y!)}\"}}}}", good),
            Encoded("{\"alg\":\"none\"}") + "." + Encoded(good) + ".",
            Encoded("{\"alg\":\"none\",\"kid\":\"one\"}") + "." + Encoded(good) + ".",
            Hmac("one", key.ExportSubjectPublicKeyInfoPem(), good),
            Token(key, "one", good.Replace("registry.example.org", "elsewhere.example.org", StringComparison.Ordinal)),
            Token(key, "one", good.Replace("\"auth\"", "\"other\"", StringComparison.Ordinal)),
            Token(key, "one", Claims("team/app", now.AddHours(-2), "pull")),
            Token(key, "one", good.Replace("\"exp\"", "\"x\"", StringComparison.Ordinal)),
            Token(key, "one", good)[..^4] + "AAAA",
            "x.y.z", "", "..", new string('.', 100_000),
        ];
        Assert.All(bad, token => Assert.Null(verifier.Verify(token, now)));
        Assert.Null(verifier.Verify(Token(key, "one", good), now.AddHours(2)));
    }

    [Fact]
    public void A_key_without_a_configured_name_is_called_by_its_fingerprints()
    {
        using var rsa = RSA.Create(2048);
        string file = Path.Combine(_directory, "rsa.pem");
        File.WriteAllText(file, rsa.ExportSubjectPublicKeyInfoPem());
        var key = TokenKey.Load(file, null);
        Assert.Equal(2, key.Ids.Count);
        Assert.Matches("^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$", key.Ids[0]);
        Assert.Equal(43, key.Ids[1].Length);
        string body = Encoded($"{{\"alg\":\"RS256\",\"kid\":\"{key.Ids[0]}\"}}") + "." + Encoded(Claims("a", "pull"));
        string token = body + "." + Url(rsa.SignData(Encoding.ASCII.GetBytes(body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.NotNull(new TokenVerifier(Tokens(("", rsa.ExportSubjectPublicKeyInfoPem()))).Verify(token, DateTimeOffset.UtcNow));
    }

    private static AuthenticationHeaderValue Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private string Users(params (string Name, string Password)[] users)
    {
        string file = Path.Combine(_directory, "htpasswd");
        File.WriteAllLines(file, users.Select(u => $"{u.Name}:{Bcrypt.Hash(u.Password, cost: 4)}"));
        return file;
    }

    private TokenOptions Tokens(params (string Id, string Pem)[] keys) => new()
    {
        Realm = "https://auth.example.org/token",
        Service = "registry.example.org",
        Issuer = "auth",
        Keys = [.. keys.Select((key, i) =>
        {
            string file = Path.Combine(_directory, $"key{i}.pem");
            File.WriteAllText(file, key.Pem);
            return new KeyValuePair<string, string>(key.Id, file);
        })],
    };

    private static string Claims(string repository, params string[] actions) => Claims(repository, DateTimeOffset.UtcNow.AddHours(1), actions);

    private static string Claims(string repository, DateTimeOffset expires, params string[] actions) =>
        $"{{\"iss\":\"auth\",\"aud\":\"registry.example.org\",\"sub\":\"alice\",\"exp\":{expires.ToUnixTimeSeconds()},\"access\":[{{\"type\":\"repository\",\"name\":\"{repository}\",\"actions\":[\"{string.Join("\",\"", actions)}\"]}}]}}";

    private static string Token(ECDsa key, string? id, string claims) => Sign(key, id is null ? "{\"alg\":\"ES256\"}" : $"{{\"alg\":\"ES256\",\"kid\":\"{id}\"}}", claims);

    private static string Sign(ECDsa key, string header, string claims)
    {
        string body = Encoded(header) + "." + Encoded(claims);
        return body + "." + Url(key.SignData(Encoding.ASCII.GetBytes(body), HashAlgorithmName.SHA256));
    }

    private static string Hmac(string id, string publicKey, string claims)
    {
        string body = Encoded($"{{\"alg\":\"HS256\",\"kid\":\"{id}\"}}") + "." + Encoded(claims);
        return body + "." + Url(HMACSHA256.HashData(Encoding.ASCII.GetBytes(publicKey), Encoding.ASCII.GetBytes(body)));
    }

    private static string Encoded(string text) => Url(Encoding.UTF8.GetBytes(text));

    private static string Url(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
