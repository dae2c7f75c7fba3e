using Tare.Errors;
using Tare.Oci;
using Tare.Storage.Content;

namespace Tare.Tests.Unit.Storage;

public sealed class PartialBlobTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-partial-").FullName;
    private readonly byte[] _content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 / 3))];

    private Digest Digest => Digest.Of(_content);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_has_arrived_is_there_after_a_restart_and_the_rest_completes_it()
    {
        using (ContentLease lease = ContentStore.Open(_root).Lease())
        using (PartialBlob blob = lease.Resume(Digest, _content.Length))
            blob.Write(_content.AsSpan(0, 100_000));

        var store = ContentStore.Open(_root);
        Assert.Equal((1, 100_000), store.Partials());
        using ContentLease later = store.Lease();
        using (PartialBlob blob = later.Resume(Digest, _content.Length))
        {
            Assert.Equal(100_000, blob.Count);
            blob.Write(_content.AsSpan(100_000));
            blob.Commit();
        }
        Assert.Equal(_content, store.ReadAll(Digest));
        Assert.Equal((0, 0), store.Partials());
    }

    [Fact]
    public async Task A_follower_reads_while_the_rest_comes_and_ends_when_the_whole_is_verified()
    {
        using ContentLease lease = ContentStore.Open(_root).Lease();
        using PartialBlob blob = lease.Resume(Digest, _content.Length);
        Task<byte[]> follower = Task.Run(() =>
        {
            using Stream stream = blob.Follow();
            var read = new MemoryStream();
            stream.CopyTo(read);
            return read.ToArray();
        });
        foreach (byte[] part in _content.Chunk(40_000))
        {
            blob.Write(part);
            await Task.Delay(1);
        }
        await Task.Delay(20);
        Assert.False(follower.IsCompleted);
        blob.Commit();
        Assert.Equal(_content, await follower);
    }

    [Fact]
    public async Task A_wrong_digest_fails_the_writer_and_the_followers_and_leaves_nothing()
    {
        var store = ContentStore.Open(_root);
        using ContentLease lease = store.Lease();
        var wanted = Digest.Of("something else"u8);
        Task<string> follower;
        using (PartialBlob blob = lease.Resume(wanted, _content.Length))
        {
            follower = Task.Run(() => Assert.Throws<TareException>(() => blob.Follow().CopyTo(Stream.Null)).Message);
            blob.Write(_content);
            Assert.Contains("does not match its digest", Assert.Throws<TareException>(blob.Commit).Message, StringComparison.Ordinal);
        }
        Assert.NotEmpty(await follower);
        Assert.False(store.Contains(wanted));
        Assert.Equal((0, 0), store.Partials());
    }

    [Fact]
    public void More_bytes_than_announced_are_refused_at_once()
    {
        using ContentLease lease = ContentStore.Open(_root).Lease();
        using PartialBlob blob = lease.Resume(Digest, 1000);
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => blob.Write(_content)).Kind);
        Assert.Equal(0, blob.Count);
    }

    [Fact]
    public void A_blob_has_one_writer_at_a_time()
    {
        using ContentLease lease = ContentStore.Open(_root).Lease();
        using PartialBlob blob = lease.Resume(Digest, 1000);
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TareException>(() => lease.Resume(Digest, 1000)).Kind);
    }

    [Fact]
    public void Downloads_that_nobody_goes_on_with_can_be_dropped()
    {
        var store = ContentStore.Open(_root);
        using ContentLease lease = store.Lease();
        using (PartialBlob blob = lease.Resume(Digest, _content.Length))
        {
            blob.Write(_content.AsSpan(0, 5000));
            Assert.Equal(0, store.DropPartials());
        }
        Assert.Equal(5000, store.DropPartials());
        Assert.Equal((0, 0), store.Partials());
    }
}
