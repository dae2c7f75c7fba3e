using Tare.Linux;

namespace Tare.Netlink.Nftables;

/// <summary>Receives the kernel's notifications about rule set changes of one network namespace. Used by one thread.</summary>
public sealed class NftMonitor : IDisposable
{
    private const int Group = 7; // NFNLGRP_NFTABLES
    private readonly NetlinkSocket _socket;
    private readonly FileDescriptor _stop;
    private readonly FileDescriptor _stopped;

    private NftMonitor(NetlinkSocket socket)
    {
        _socket = socket;
        (_stopped, _stop) = Unistd.Pipe();
    }

    /// <summary>Subscribes in the network namespace of the calling thread.</summary>
    public static NftMonitor Open() => new(NetlinkSocket.OpenMonitor(NetlinkSocket.Netfilter, Group));

    /// <summary>
    /// Waits for changes and tells whether something of a table was removed by another socket than <paramref name="ownPort"/>. An overflow of the
    /// queue counts as a removal. <paramref name="stopped"/> is true after <see cref="Stop"/>.
    /// </summary>
    public bool WaitForForeignRemoval(string table, Func<uint> ownPort, out bool stopped)
    {
        if (!Poll.WaitReadable(_socket.Descriptor, _stopped, -1, out stopped) || stopped)
            return false;
        Errno errno = _socket.TryReceive(out ReadOnlySpan<byte> datagram);
        if (errno == Errno.ENOBUFS)
            return true;
        if (errno != Errno.None)
            return false;
        bool removed = false;
        var reader = new MessageReader(datagram);
        while (reader.Read())
        {
            int type = reader.Type & 0xff;
            if ((reader.Type & 0xff00) != NftBatch.Subsystem || type is not (2 or 5 or 8 or 11 or 14) || reader.Port == ownPort())
                continue;
            if (reader.Payload.Length < 4 || reader.Payload[0] != NftBatch.Inet)
                continue;
            // The table's name is the first attribute of every one of these messages.
            var attributes = new AttributeReader(reader.Payload[4..]);
            removed |= attributes.Read() && attributes.Type == 1 && attributes.Text == table;
        }
        return removed;
    }

    /// <summary>Forgets changes that have been reported until now.</summary>
    public void Drain() => _socket.Drain();

    /// <summary>Wakes the waiting thread for good; callable from any thread.</summary>
    public void Stop() => _stop.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _stopped.Dispose();
        _socket.Dispose();
    }
}
