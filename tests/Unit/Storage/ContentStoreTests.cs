using Tare.Oci;
using Tare.Storage.Content;

namespace Tare.Tests.Unit.Storage;

/// <summary>What owners of blobs that share one store may rely on.</summary>
public sealed class ContentStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-content-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_blob_that_another_holder_claims_stays()
    {
        ContentStore store = ContentStore.Open(Path.Combine(_root, "content"));
        Digest digest;
        using (ContentLease lease = store.Lease())
            digest = lease.Write("content"u8);
        bool claimed = true;
        store.AddHolder(d => claimed && d == digest);
        Assert.False(store.Delete(digest));
        Assert.True(store.Contains(digest));
        claimed = false;
        Assert.True(store.Delete(digest));
        Assert.False(store.Contains(digest));
    }

    [Fact]
    public void A_verified_file_is_adopted_under_its_digest_and_found_among_all()
    {
        ContentStore store = ContentStore.Open(Path.Combine(_root, "content"));
        var digest = Digest.FromHash(System.Security.Cryptography.SHA512.HashData("hello"u8));
        string file = Path.Combine(_root, "upload");
        File.WriteAllText(file, "hello");
        using ContentLease lease = store.Lease();
        lease.Adopt(file, digest);
        Assert.False(File.Exists(file));
        Assert.Equal("hello"u8.ToArray(), store.ReadAll(digest));
        Assert.Equal([digest], store.All());
        Assert.False(store.Delete(digest));
    }
}
