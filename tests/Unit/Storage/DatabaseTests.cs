using System.Text;
using Tare.Linux;
using Tare.Storage.Metadata;

namespace Tare.Tests.Unit.Storage;

public sealed class DatabaseTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"tare-{Guid.NewGuid():N}.db");

    [Fact]
    public void Records_survive_closing_and_opening()
    {
        using (var database = Database.Open(_path))
        {
            RecordTable table = database.Table("things");
            table.Put("b", "2"u8);
            table.Put("a", "0"u8);
            table.Put("a", "1"u8);
            table.Put("c", "3"u8);
            Assert.True(table.Delete("c"));
            Assert.False(table.Delete("c"));
        }
        using (var database = Database.Open(_path))
        {
            Assert.Equal(["a=1", "b=2"], database.Table("things").All().Select(r => $"{r.Key}={Encoding.ASCII.GetString(r.Value)}"));
            Assert.False(database.Table("things").TryGet("c", out _));
        }
    }

    [Fact]
    public void Changes_have_their_room_on_the_disk_before_it_is_full()
    {
        using var database = Database.Open(_path);
        database.Table("things").Put("a", "1"u8);
        Assert.Equal(Errno.None, Stat.TryOf(FileDescriptor.CurrentDirectory, _path + "-wal", out FileStatus log));
        Assert.True((long)log.Blocks * 512 >= 5 << 20, $"{log.Blocks} blocks");
    }

    [Fact]
    public void A_transaction_that_is_not_committed_changes_nothing_in_any_table()
    {
        using var database = Database.Open(_path);
        RecordTable one = database.Table("one");
        RecordTable two = database.Table("two");
        using (database.Begin())
        {
            one.Put("k", "v"u8);
            two.Put("k", "v"u8);
        }
        Assert.Empty(one.All());
        using (Transaction transaction = database.Begin())
        {
            one.Put("k", "v"u8);
            two.Put("k", "v"u8);
            transaction.Commit();
        }
        Assert.True(one.TryGet("k", out _) && two.TryGet("k", out _));
    }

    [Fact]
    public async Task Many_threads_write_without_losing_a_record()
    {
        using var database = Database.Open(_path);
        RecordTable table = database.Table("things");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
                table.Put($"{t}-{i}", "x"u8);
        })));
        Assert.Equal(400, table.All().Count);
    }

    public void Dispose()
    {
        foreach (string suffix in new[] { "", "-wal", "-shm" })
            File.Delete(_path + suffix);
    }

    [Fact]
    public void A_range_has_the_records_of_one_prefix_in_order_after_a_key()
    {
        using var database = Database.Open(_path);
        RecordTable table = database.Table("things");
        foreach (string key in (string[])["a 1", "a B", "a b", "a-x 1", "b 1", "a"])
            table.Put(key, "x"u8);
        Assert.Equal(["a 1", "a B", "a b"], table.Range("a ").Select(r => r.Key));
        Assert.Equal(["a B"], table.Range("a ", after: "a 1", limit: 1).Select(r => r.Key));
        Assert.Empty(table.Range("a ", after: "a b"));
        Assert.Equal(["a 1", "a B", "a b"], table.Range("a ", after: "Z").Select(r => r.Key));
    }
}
