using Tare.Linux;

namespace Tare.Netlink.Nftables;

/// <summary>nfnetlink of one network namespace: commits transactions and lists tables. Thread-safe.</summary>
public sealed class NftSocket : IDisposable
{
    private readonly NetlinkSocket _socket;

    private NftSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>Port id that notifications caused by this socket carry; 0 before the first request.</summary>
    public uint Port => _socket.Port;

    /// <summary>Opens in the network namespace of the calling thread.</summary>
    public static NftSocket Open() => new(NetlinkSocket.Open(NetlinkSocket.Netfilter));

    /// <summary>Applies a transaction; throws <see cref="NetlinkException"/> when the kernel refuses any part, and then nothing took effect.</summary>
    public void Commit(NftBatch batch, string operation)
    {
        Errno errno = TryCommit(batch, out string? detail);
        if (errno != Errno.None)
            throw new NetlinkException(operation, errno, detail);
    }

    /// <summary>As <see cref="Commit"/>, returning the error number and which change was refused.</summary>
    public Errno TryCommit(NftBatch batch, out string? detail)
    {
        if (batch.Count == 0)
        {
            detail = null;
            return Errno.None;
        }
        MessageBuilder messages = batch.Complete();
        Errno errno = _socket.TryTransact(messages, out detail, out int failed);
        if (errno != Errno.None)
            detail ??= $"change {failed} of {batch.Count}";
        return errno;
    }

    /// <summary>Generation of the rule set, which grows with each commit of anybody.</summary>
    public uint Generation()
    {
        uint generation = 0;
        MessageBuilder request = new MessageBuilder().Begin(NftBatch.Subsystem | 16, MessageFlags.None, [0, 0, 0, 0]);
        Errno errno = _socket.TryTransact(request, out string? detail, out _, (_, payload) =>
        {
            var reader = new AttributeReader(payload[Math.Min(4, payload.Length)..]);
            while (reader.Read())
            {
                if (reader.Type == 1)
                    generation = (uint)reader.BigInt;
            }
        });
        return errno == Errno.None ? generation : throw new NetlinkException("read the rule set's generation", errno, detail);
    }

    /// <summary>Names of all inet tables.</summary>
    public List<string> Tables()
    {
        var tables = new List<string>();
        _socket.Dump(() => new MessageBuilder().Begin(NftBatch.Subsystem | 1, MessageFlags.Dump, [NftBatch.Inet, 0, 0, 0]), (_, payload) =>
        {
            if (payload.Length < 4 || payload[0] != NftBatch.Inet)
                return;
            var reader = new AttributeReader(payload[4..]);
            while (reader.Read())
            {
                if (reader.Type == 1)
                    tables.Add(reader.Text);
            }
        }, tables.Clear, "list tables");
        return tables;
    }

    /// <summary>How many rules a table has.</summary>
    public int CountRules(string table)
    {
        int count = 0;
        _socket.Dump(() => new MessageBuilder().Begin(NftBatch.Subsystem | 7, MessageFlags.Dump, [NftBatch.Inet, 0, 0, 0]).Put(1, table),
            (_, _) => count++, () => count = 0, $"list rules of {table}");
        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
