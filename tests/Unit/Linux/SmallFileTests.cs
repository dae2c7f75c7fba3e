using Tare.Linux;

namespace Tare.Tests.Unit.Linux;

/// <summary>Whole files in few calls.</summary>
public sealed class SmallFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-small-").FullName;

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(100000)]
    public void A_file_of_any_size_is_read_to_its_end(int size)
    {
        byte[] content = new byte[size];
        new Random(1).NextBytes(content);
        SmallFile.Write(_directory + "/f", content);
        Assert.Equal(content, SmallFile.Read(_directory + "/f"));
    }

    [Fact]
    public void Writing_again_leaves_nothing_of_what_was_there_nor_follows_a_link()
    {
        File.WriteAllText(_directory + "/other", "stays");
        File.CreateSymbolicLink(_directory + "/f", _directory + "/other");
        SmallFile.Write(_directory + "/f", "x"u8);
        Assert.Equal(("x", "stays"), (File.ReadAllText(_directory + "/f"), File.ReadAllText(_directory + "/other")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory + "/f"));
    }

    [Fact]
    public void What_is_missing_is_an_error_number_or_an_error_with_its_path()
    {
        Assert.Equal(Errno.ENOENT, SmallFile.TryRead(_directory + "/no", out _));
        Assert.Null(SmallFile.TryReadText(_directory + "/no"));
        Assert.Contains(_directory + "/no", Assert.Throws<SyscallException>(() => SmallFile.Read(_directory + "/no")).Message);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
