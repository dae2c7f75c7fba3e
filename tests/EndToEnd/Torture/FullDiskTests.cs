using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>
/// A data root on a small disk that is full again and again in the middle of a storm, sometimes with a crash while it is: refusals name the reason,
/// what was acknowledged is so, what runs goes on, and with room again all works. TARE_TORTURE_FILLS sets how often.
/// </summary>
[Collection(Alone.Name)]
public sealed class FullDiskTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Fills = Setting.Number("TARE_TORTURE_FILLS", 10);
    private static readonly int Seed = Setting.Number("TARE_TORTURE_SEED", Environment.TickCount);
    private readonly Engine _engine = new(start: false);

    private string Filler => Path.Combine(_engine.DataRoot, "filler");

    [Fact]
    public async Task A_full_disk_loses_nothing_that_was_acknowledged_and_says_why_it_refuses()
    {
        MountSmallDisk();
        _engine.Start();
        using Storm storm = new(_engine, Seed) { LogsMayHaveGaps = true };
        storm.Begin();
        await FillAsync(storm);
        await storm.EndAsync();
        await storm.CheckAsync();
        await AssertWholeAsync(storm);
        await storm.EmptyAsync();
        output.WriteLine($"seed {Seed}, {Fills} times full, {storm.Acknowledged} acknowledged requests, {storm.Refused} refused for lack of space");
        storm.AssertNoComplaint($"seed {Seed}");
        Assert.True(storm.Refused > 0, "the disk was never full for anybody");
    }

    public void Dispose()
    {
        try
        {
            File.Delete(Filler);
            _engine.Empty();
            _engine.Stop();
            _engine.KillKeeper();
        }
        finally
        {
            _ = Repository.Run("umount", ["-l", _engine.DataRoot]);
            _engine.Dispose();
        }
    }

    /// <summary>A real file system, with the blocks that it takes for directories and journal.</summary>
    private void MountSmallDisk()
    {
        string image = Path.Combine(_engine.Root, "disk");
        using (FileStream file = File.Create(image))
            file.SetLength(192 << 20);
        Repository.Run("mkfs.ext4", ["-q", "-m", "0", image]).Ok();
        _ = Directory.CreateDirectory(_engine.DataRoot);
        Repository.Run("mount", ["-o", "loop", image, _engine.DataRoot]).Ok();
        Directory.Delete(Path.Combine(_engine.DataRoot, "lost+found"));
    }

    private async Task FillAsync(Storm storm)
    {
        Random random = new(Seed);
        for (int fill = 0; fill < Fills; fill++)
        {
            await Task.Delay(random.Next(100, 700));
            storm.MayBeFull = true;
            Fill();
            await Task.Delay(random.Next(100, 900));
            if (fill % 3 == 2)
            {
                _engine.Kill();
                if (random.Next(2) == 0)
                    _engine.KillKeeper();
                _engine.Start();
                await Task.Delay(random.Next(100, 400));
            }
            File.Delete(Filler);
            // Requests that met the full disk have been answered by then.
            await Task.Delay(1500);
            storm.MayBeFull = false;
        }
    }

    /// <summary>To the last block: what others free meanwhile is taken too, for a moment.</summary>
    private void Fill()
    {
        using FileStream file = new(Filler, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 0);
        _ = file.Seek(0, SeekOrigin.End);
        byte[] block = new byte[1 << 20];
        var clock = Stopwatch.StartNew();
        for (int size = block.Length; size >= 512 || clock.ElapsedMilliseconds < 300;)
        {
            try
            {
                file.Write(block.AsSpan(0, Math.Max(size, 512)));
            }
            catch (IOException)
            {
                size /= 2;
                if (size < 512)
                    Thread.Sleep(5);
            }
        }
    }

    /// <summary>Images are as their digests say, the database is sound, and the logs go on.</summary>
    private async Task AssertWholeAsync(Storm storm)
    {
        Answer verified = await storm.Api.PostAsync("/tare/verify");
        if (!verified.Body.Contains("everything is as its digests say", StringComparison.Ordinal))
            storm.Complaints.Enqueue($"verify: {verified.Status} {verified.Body}");
        // tared alone may open it while it runs.
        _engine.Kill();
        string integrity = Repository.Run("sqlite3", [Path.Combine(_engine.DataRoot, "tare.db"), "PRAGMA integrity_check"]).Ok().Trim();
        if (integrity != "ok")
            storm.Complaints.Enqueue($"the database: {integrity}");
        _engine.Start();
        long[] before = [.. LastCounts()];
        await Task.Delay(1000);
        foreach ((long then, long now) in before.Zip(LastCounts()))
        {
            if (now <= then)
                storm.Complaints.Enqueue($"a log does not go on after {then}");
        }
    }

    private IEnumerable<long> LastCounts() => Enumerable.Range(0, 4).Select(i => long.Parse(_engine.Tare("logs", "--tail", "1", $"counter{i}").Ok().Trim(), CultureInfo.InvariantCulture));
}
