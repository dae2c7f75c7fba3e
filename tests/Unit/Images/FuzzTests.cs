using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Tare.Archive.Compression;
using Tare.Archive.Tar;
using Tare.Distribution.Auth;
using Tare.Distribution.Hosts;
using Tare.Errors;
using Tare.Images.Pull;
using Tare.Images.Trust;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Tests.Unit.Images;

/// <summary>
/// Whatever bytes a stranger sends, the answer is a result or an error in the domain's words, never another exception and never an endless loop. Inputs
/// are mutations of good ones from fixed seeds, so a failure repeats.
/// </summary>
public class FuzzTests
{
    private const int Rounds = 3000;

    // An ECDSA key in PEM, in base64; its other half was thrown away.
    private const string PublicKey = "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFZGxXWk9mSXVDTjRSVDFGME5wUXowZm1XVTgwUgpMNjkyZXhKK2FVUWVnUHBOQzNuOFFNWkhidXd1MmY2V0ROa0NaUm5CdndyZGtGdWU0Qzk0Q0c1cVlRPT0KLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg==";

    /// <summary>TARE_FUZZ_SECONDS: how long each kind of input is tried, with other inputs each time; the default is some rounds of the same ones.</summary>
    private static readonly double? Seconds = double.TryParse(Environment.GetEnvironmentVariable("TARE_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out double seconds) ? seconds : null;

    [Fact]
    public void References() => Fuzz("registry.example:5000/team/x_y.z-1:tag@sha256:" + new string('a', 64), bytes =>
    {
        string text = Encoding.Latin1.GetString(bytes);
        if (!Reference.TryParse(text, defaultTag: true, out Reference? reference))
            return;
        // What was accepted is safe in a path and means the same when it is read again.
        Assert.DoesNotContain("..", reference.Path.Split('/'));
        Assert.Equal(reference, Reference.Parse(reference.ToString()));
    });

    [Fact]
    public void Manifests() => Fuzz(
        $$$$"""{"schemaVersion":2,"mediaType":"{{{{MediaTypes.OciManifest}}}}","config":{"mediaType":"{{{{MediaTypes.OciConfig}}}}","digest":"sha256:{{{{new string('b', 64)}}}}","size":2},"layers":[{"mediaType":"{{{{MediaTypes.OciLayer}}}}","digest":"sha256:{{{{new string('c', 64)}}}}","size":10}]}""",
        bytes => ManifestRules.Manifest(bytes, "manifest"));

    [Fact]
    public void Indexes() => Fuzz(
        $$$$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{{{MediaTypes.OciManifest}}}}","digest":"sha256:{{{{new string('b', 64)}}}}","size":2,"platform":{"os":"linux","architecture":"arm64"}}]}""",
        bytes => _ = Tare.Images.Platforms.PlatformChoice.Host.Choose(ManifestRules.Index(bytes, "index").Manifests));

    [Fact]
    public void Configs() => Fuzz(
        $$$$"""{"os":"linux","architecture":"amd64","config":{"Env":["A=b"],"Labels":{"a":"b"}},"rootfs":{"type":"layers","diff_ids":["sha256:{{{{new string('b', 64)}}}}"]},"history":[{"created":"2020-01-01T00:00:00Z"}]}""",
        bytes => ImageJson.Parse(bytes, ImageJson.Default.ImageConfig, "config"));

    [Fact]
    public void Hosts_files() => Fuzz("server = \"https://a\"\n[host.\"https://b\"]\n capabilities = [\"pull\", \"push\"] # c\n skip_verify = true\n", bytes => TomlReader.Parse(Encoding.Latin1.GetString(bytes)));

    [Fact]
    public void Tars() => Fuzz(SmallTar(), ReadTar);

    [Fact]
    public void Gzip_streams() => Fuzz(Gzip(SmallTar()), bytes => Drain(Decompression.Open(new MemoryStream(bytes))));

    [Fact]
    public void Zstd_streams() => Fuzz(
        [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29, 0x00, 0x00, (byte)'h', (byte)'e', (byte)'l', (byte)'l', (byte)'o'], bytes => Drain(Decompression.Open(new MemoryStream(bytes))));

    [Fact]
    public void Challenges() => Fuzz("Bearer realm=\"https://auth.example/token\",service=\"registry\",scope=\"repository:x:pull,push\", Basic realm=\"y\"",
        bytes => Challenge.ParseAll([Encoding.Latin1.GetString(bytes)]));

    [Fact]
    public void Attestation_indexes() => Fuzz(
        $$$$"""{"manifests":[{"digest":"sha256:{{{{new string('b', 64)}}}}","size":2,"annotations":{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"sha256:{{{{new string('c', 64)}}}}"}}]}""",
        bytes => Tare.Images.Attestations.ImageAttestations.Has(bytes, Digest.Parse("sha256:" + new string('c', 64))));

    [Fact]
    public void Trust_policies() => Fuzz(
        $$$$"""{"default":[{"type":"reject"}],"transports":{"docker":{"x.example/y":[{"type":"sigstoreSigned","keyData":"{{{{PublicKey}}}}","signedIdentity":{"type":"matchRepository"}}]}}}""",
        bytes => TrustPolicyFile.Parse(bytes));

    [Fact]
    public void A_document_that_is_not_UTF_8_is_refused_at_the_door()
    {
        TareException error = Assert.Throws<TareException>(() => TrustPolicyFile.Parse([.. "{\"default\":[{\"type\":\""u8, 0xf3, .. "\"}]}"u8]));
        Assert.Contains("not UTF-8", error.Message, StringComparison.Ordinal);
    }

    private static void Fuzz(string good, Action<byte[]> read) => Fuzz(Encoding.UTF8.GetBytes(good), read);

    private static void Fuzz(byte[] good, Action<byte[]> read)
    {
        read(good);
        int seed = Seconds is null ? 42 : Environment.TickCount;
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        for (int round = 0; Seconds is { } limit ? clock.Elapsed.TotalSeconds < limit : round < Rounds; round++)
        {
            byte[] bytes = Mutate(random, good);
            try
            {
                read(bytes);
            }
            catch (TareException)
            {
                // Said what is wrong.
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, round {round}: {e.GetType().Name}: {e.Message}\n{Convert.ToHexString(bytes[..Math.Min(bytes.Length, 2000)])}");
            }
        }
    }

    private static byte[] Mutate(Random random, byte[] good)
    {
        var bytes = new List<byte>(good);
        for (int change = random.Next(1, 6); change > 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count / 2 + 1), random.Next(bytes.Count / 2)));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }

    private static void ReadTar(byte[] bytes)
    {
        var reader = new TarReader(new MemoryStream(bytes));
        byte[] buffer = new byte[4096];
        while (reader.Next() is { } entry)
        {
            _ = Tare.Archive.Files.EntryPath.Normalise(entry.Name);
            while (reader.Read(buffer) > 0)
            {
            }
        }
    }

    private static void Drain(Stream stream)
    {
        using Stream owned = stream;
        byte[] buffer = new byte[4096];
        for (long total = 0; owned.Read(buffer) is var read and > 0; total += read)
            Assert.True(total < 1L << 30, "too much came out");
    }

    private static byte[] SmallTar()
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteFile("a", "content"u8.ToArray());
        writer.WriteFile(new string('n', 120) + "/" + new string('m', 120), "more"u8.ToArray());
        writer.End();
        return stream.ToArray();
    }

    private static byte[] Gzip(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return stream.ToArray();
    }
}
