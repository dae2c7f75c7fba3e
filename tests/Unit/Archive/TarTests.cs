using System.Text;
using Tare.Archive.Tar;
using Tare.Errors;

namespace Tare.Tests.Unit.Archive;

public sealed class TarTests
{
    [Fact]
    public void What_the_writer_writes_the_reader_reads()
    {
        string longName = string.Join('/', Enumerable.Repeat("directory", 40)) + "/ünï\uDCFF";
        var entry = new TarEntry
        {
            Type = TarEntryType.File,
            Name = longName,
            Size = 5,
            Mode = 0xfff,
            UserId = 4_000_000_000,
            GroupId = 1,
            ModifiedSeconds = -3,
            ModifiedNanoseconds = 500_000_001,
            Xattrs = new Dictionary<string, byte[]> { ["security.capability"] = [1, 0, 10, (byte)'=', 255] },
        };
        var link = new TarEntry { Type = TarEntryType.Symlink, Name = "l", LinkName = new string('t', 300) };
        var device = new TarEntry { Type = TarEntryType.CharacterDevice, Name = "d", DeviceMajor = 1, DeviceMinor = 3 };
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.Begin(entry);
        writer.WriteContent("hello"u8);
        writer.Begin(link);
        writer.Begin(device);
        writer.End();

        stream.Position = 0;
        var reader = new TarReader(stream);
        TarEntry read = reader.Next()!;
        Assert.Equal((longName, 4_000_000_000u, 0xfffu, -3L, 500_000_001u), (read.Name, read.UserId, read.Mode, read.ModifiedSeconds, read.ModifiedNanoseconds));
        Assert.Equal(entry.Xattrs["security.capability"], read.Xattrs!["security.capability"]);
        Assert.Equal("hello", Encoding.ASCII.GetString(reader.ReadAll(10, "file")));
        Assert.Equal(link.LinkName, reader.Next()!.LinkName);
        read = reader.Next()!;
        Assert.Equal((TarEntryType.CharacterDevice, 1u, 3u), (read.Type, read.DeviceMajor, read.DeviceMinor));
        Assert.Null(reader.Next());
    }

    [Fact]
    public void Unread_content_is_skipped()
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.WriteFile("a", new byte[1000]);
        writer.WriteFile("b", "x"u8);
        writer.End();
        stream.Position = 0;
        var reader = new TarReader(stream);
        Assert.Equal("a", reader.Next()!.Name);
        Assert.Equal("b", reader.Next()!.Name);
    }

    [Fact]
    public void GNU_long_names_and_base_256_sizes_are_understood()
    {
        string name = new('n', 150);
        using var stream = new MemoryStream();
        stream.Write(RawTar.Header("././@LongLink", 'L', name.Length + 1));
        stream.Write(RawTar.Padded(Encoding.ASCII.GetBytes(name + "\0")));
        byte[] header = RawTar.Header("short", '0', 0);
        header.AsSpan(124, 12).Clear();
        header[124] = 0x80;
        header[135] = 3;
        stream.Write(RawTar.Seal(header));
        stream.Write(RawTar.Padded("abc"u8.ToArray()));
        stream.Position = 0;
        var reader = new TarReader(stream);
        TarEntry entry = reader.Next()!;
        Assert.Equal((name, 3L), (entry.Name, entry.Size));
        Assert.Null(reader.Next());
    }

    public static TheoryData<string, byte[]> Hostile() => new()
    {
        { "checksum", Encoding.ASCII.GetBytes(new string('x', 1024)) },
        { "ends in the middle", RawTar.Header("a", '0', 100) },
        { "ends in the middle", RawTar.Header("a", '0', 0)[..300] },
        { "negative size", RawTar.Seal(RawTar.With(RawTar.Header("a", '0', 0), 124, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])) },
        { "too large", RawTar.Seal(RawTar.With(RawTar.Header("a", '0', 0), 124, [0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])) },
        { "is no number", RawTar.Seal(RawTar.With(RawTar.Header("a", '0', 0), 124, "99999999999\0"u8.ToArray())) },
        { "sparse", RawTar.Header("a", 'S', 0) },
        { "unknown type", RawTar.Header("a", 'Z', 0) },
        { "extended header of", RawTar.Header("a", 'x', 1 << 30) },
        { "malformed pax", [.. RawTar.Header("p", 'x', 8), .. RawTar.Padded("99 a=bc\n"u8.ToArray())] },
        { "malformed pax", [.. RawTar.Header("p", 'x', 8), .. RawTar.Padded("-8 a=bc\n"u8.ToArray())] },
        { "malformed pax", [.. RawTar.Header("p", 'x', 12), .. RawTar.Padded("12 size=abc\n"u8.ToArray()), .. RawTar.Header("a", '0', 0)] },
        { "negative size", [.. RawTar.Header("p", 'x', 11), .. RawTar.Padded("11 size=-1\n"u8.ToArray()), .. RawTar.Header("a", '0', 0)] },
        { "sparse", [.. RawTar.Header("p", 'x', 22), .. RawTar.Padded("22 GNU.sparse.major=1\n"u8.ToArray())] },
        { "invalid owner", [.. RawTar.Header("p", 'x', 18), .. RawTar.Padded("18 uid=4294967295\n"u8.ToArray()), .. RawTar.Header("a", '0', 0)] },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_archive_is_refused_with_a_reason(string reason, byte[] archive)
    {
        var reader = new TarReader(new MemoryStream(archive));
        TareException error = Assert.Throws<TareException>(() =>
        {
            while (reader.Next() is not null)
            {
            }
        });
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_never_gives_anything_but_an_entry_or_a_refusal()
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.Begin(new TarEntry { Type = TarEntryType.File, Name = new string('a', 200), Xattrs = new Dictionary<string, byte[]> { ["user.a"] = [1] } });
        writer.WriteFile("b", new byte[700]);
        writer.End();
        byte[] good = stream.ToArray();
        var random = new Random(1);
        for (int round = 0; round < 3000; round++)
        {
            byte[] bad = [.. good];
            for (int i = 0; i < 3; i++)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            RawTar.Reseal(bad);
            var reader = new TarReader(new MemoryStream(bad));
            try
            {
                for (int entries = 0; reader.Next() is not null; entries++)
                    Assert.True(entries < 20);
            }
            catch (TareException e)
            {
                Assert.NotEqual(ErrorKind.Internal, e.Kind);
            }
        }
    }
}
