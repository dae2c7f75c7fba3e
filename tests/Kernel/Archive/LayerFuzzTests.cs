using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Tare.Archive.Layers;
using Tare.Archive.Tar;
using Tare.Errors;
using static Tare.Tests.Kernel.Archive.LayerDirectory;

namespace Tare.Tests.Kernel.Archive;

/// <summary>
/// Layers of mutated headers, plain and compressed, applied to a real directory: a layer is applied or refused in words, and nothing ever appears beside the
/// directory. TARE_FUZZ_SECONDS tries other inputs for so long; the default is a few hundred of the same ones.
/// </summary>
public sealed class LayerFuzzTests
{
    private const int Rounds = 300;

    private static readonly double? Seconds = double.TryParse(Environment.GetEnvironmentVariable("TARE_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out double seconds) ? seconds : null;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mutated_layer_is_applied_or_refused_in_words_and_never_leaves_its_directory(bool compressed)
    {
        byte[] good = Tar(
            Entry(TarEntryType.Directory, "d"), Entry(TarEntryType.File, "d/f"), Entry(TarEntryType.Symlink, "l", "../../.."), Entry(TarEntryType.HardLink, "h", "d/f"),
            Entry(TarEntryType.File, ".wh.gone"), Entry(TarEntryType.Directory, "o"), Entry(TarEntryType.File, "o/.wh..wh..opq"),
            Entry(TarEntryType.CharacterDevice, "n", major: 1, minor: 3), Entry(TarEntryType.Fifo, "p"), Entry(TarEntryType.File, new string('x', 120) + "/" + new string('y', 110)));
        int seed = Seconds is null ? 7 : Environment.TickCount;
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        for (int round = 0; Seconds is { } limit ? clock.Elapsed.TotalSeconds < limit : round < Rounds; round++)
        {
            using var directory = new LayerDirectory();
            byte[] layer = Mutate(random, good, keepChecksums: true);
            layer = compressed ? Mutate(random, Gzip(layer), keepChecksums: false) : layer;
            try
            {
                _ = LayerApplier.Apply(directory.Descriptor, new MemoryStream(layer), LowerLayers.None);
            }
            catch (TareException)
            {
                // Said what is wrong.
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, round {round}: {e.GetType().Name}: {e.Message}\n{Convert.ToHexString(layer)}");
            }
            Assert.Equal(["fs"], Directory.GetFileSystemEntries(directory.Outside).Select(Path.GetFileName));
        }
    }

    private static byte[] Gzip(byte[] plain)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(plain);
        return stream.ToArray();
    }

    /// <summary>Changes some bytes; with the checksums put right, so that the change is looked at and not refused at the door.</summary>
    private static byte[] Mutate(Random random, byte[] good, bool keepChecksums)
    {
        byte[] bytes = [.. good];
        for (int change = random.Next(keepChecksums ? 1 : 0, 5); change > 0; change--)
        {
            int at = random.Next(bytes.Length);
            bytes[at] = random.Next(4) switch { 0 => (byte)random.Next(256), 1 => (byte)(bytes[at] ^ (1 << random.Next(8))), 2 => (byte)'/', _ => (byte)'.' };
        }
        for (int block = 0; keepChecksums && block + 512 <= bytes.Length; block += 512)
        {
            Span<byte> header = bytes.AsSpan(block, 512);
            if (!header.ContainsAnyExcept((byte)0))
                continue;
            header.Slice(148, 8).Fill((byte)' ');
            int sum = 0;
            foreach (byte b in header)
                sum += b;
            System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
        }
        return bytes;
    }
}
