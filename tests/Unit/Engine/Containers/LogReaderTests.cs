using System.Text;
using Tare.Engine.Containers.Logs;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class LogReaderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-unit-").FullName;

    private string LogPath => Path.Combine(_directory, "x.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Rotated_files_are_read_oldest_first()
    {
        Write(".2", 0, 3);
        Write(".1", 3, 3);
        Write("", 6, 2);
        Assert.Equal("0 1 2 3 4 5 6 7", await ReadAsync(new LogsOptions { Stdout = true }));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "7")]
    [InlineData(2, "6 7")]
    [InlineData(4, "4 5 6 7")]
    [InlineData(5, "3 4 5 6 7")]
    [InlineData(100, "0 1 2 3 4 5 6 7")]
    public async Task A_tail_reaches_back_over_files(int lines, string expected)
    {
        Write(".2", 0, 3);
        Write(".1", 3, 3);
        Write("", 6, 2);
        Assert.Equal(expected, await ReadAsync(new LogsOptions { Stdout = true, Tail = lines }));
    }

    [Fact]
    public async Task A_long_tail_reads_more_than_one_block()
    {
        Write("", 0, 5000);
        string[] lines = (await ReadAsync(new LogsOptions { Stdout = true, Tail = 4000 })).Split(' ');
        Assert.Equal((4000, "1000", "4999"), (lines.Length, lines[0], lines[^1]));
    }

    [Fact]
    public async Task Since_and_until_cut_by_time()
    {
        Write("", 0, 10);
        long At(int second) => new DateTimeOffset(2026, 1, 1, 0, 0, second, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000;
        Assert.Equal("3 4 5 6", await ReadAsync(new LogsOptions { Stdout = true, Since = At(3), Until = At(6) }));
    }

    [Fact]
    public async Task A_damaged_line_is_left_out()
    {
        Write("", 0, 1);
        File.AppendAllText(LogPath, "{\"log\":\"cut sh\n");
        Append("", 1);
        Assert.Equal("0 1", await ReadAsync(new LogsOptions { Stdout = true }));
    }

    [Fact]
    public async Task Without_a_file_there_is_nothing() => Assert.Equal("", await ReadAsync(new LogsOptions { Stdout = true, Stderr = true }));

    private void Write(string suffix, int first, int count)
    {
        for (int i = first; i < first + count; i++)
            Append(suffix, i);
    }

    private void Append(string suffix, int number) =>
        File.AppendAllText(LogPath + suffix, $"{{\"log\":\"{number}\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:{number % 60:00}.000000000Z\"}}\n");

    private async Task<string> ReadAsync(LogsOptions options)
    {
        Container container = new(new ContainerRecord
        {
            Id = "x",
            Name = "x",
            CreatedAt = 1,
            ImageId = "",
            Config = new ContainerConfig { Tty = true },
            HostConfig = new HostConfig(),
            State = new LifecycleState.Exited(ExitRecord.None),
        });
        using MemoryStream output = new();
        await new ContainerLogStream(container, LogPath, options).CopyToAsync(output, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray()).Trim().Replace('\n', ' ');
    }
}
