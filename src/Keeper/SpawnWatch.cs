using System.Buffers.Binary;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// Follows the status socket of a process until its program has ended in an execve (end of file), has failed ({operation, errno}), and takes the
/// terminal that it may send.
/// </summary>
internal sealed class SpawnWatch : IWaiter
{
    private readonly EventLoop _loop;
    private readonly SpawnedProcess _spawned;
    private readonly (ushort Rows, ushort Columns) _size;
    private readonly Action<int, Errno> _done;
    private readonly LogJournal _journal;
    private readonly ulong _token;
    private readonly byte[] _record = new byte[8];

    /// <param name="done">Called once: with errno None when the process has started, else with the failed operation.</param>
    public SpawnWatch(EventLoop loop, SpawnedProcess spawned, (ushort Rows, ushort Columns) size, LogJournal journal, Action<int, Errno> done)
    {
        (_loop, _spawned, _size, _journal, _done) = (loop, spawned, size, journal, done);
        _token = loop.Watch(spawned.Status, Epoll.EPOLLIN, this);
    }

    /// <inheritdoc/>
    public void Ready(uint events)
    {
        List<FileDescriptor> descriptors = [];
        Errno errno = Socket.TryReceive(_spawned.Status, _record, descriptors, out int length, Socket.MSG_DONTWAIT);
        if (errno == Errno.EAGAIN)
            return;
        if (length == 1 && descriptors.Count == 1)
        {
            _spawned.Process.SetTerminal(descriptors[0], _size.Rows, _size.Columns, _journal);
            return;
        }
        foreach (FileDescriptor fd in descriptors)
            fd.Dispose();
        _loop.Forget(_spawned.Status, _token);
        _spawned.Status.Dispose();
        if (length == 8)
            _done(BinaryPrimitives.ReadInt32LittleEndian(_record), (Errno)BinaryPrimitives.ReadInt32LittleEndian(_record.AsSpan(4)));
        else
            _done(0, Errno.None);
    }
}
