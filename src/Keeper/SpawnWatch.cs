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

    /// <summary>Of a program's words to its spawner: with a pid, it goes on in that process; and the answer that lets it.</summary>
    private const byte Moved = (byte)'F';
    private const byte Continue = 1;

    /// <param name="done">Called once: with errno None when the process has started, else with the failed operation.</param>
    public SpawnWatch(EventLoop loop, SpawnedProcess spawned, (ushort Rows, ushort Columns) size, LogJournal journal, Action<int, Errno> done)
    {
        (_loop, _spawned, _size, _journal, _done) = (loop, spawned, size, journal, done);
        _token = loop.Watch(spawned.Status, Epoll.EPOLLIN, this);
        spawned.Process.WhileStarting = ReadAll;
    }

    /// <inheritdoc/>
    public void Ready(uint events) => _ = Read();

    /// <summary>Before the end of the process is looked at: what it said before that comes first.</summary>
    private void ReadAll()
    {
        while (Read())
        {
        }
    }

    /// <summary>Reads one message; false when there is none, or none will come any more.</summary>
    private bool Read()
    {
        List<FileDescriptor> descriptors = [];
        Errno errno = Socket.TryReceive(_spawned.Status, _record, descriptors, out int length, Socket.MSG_DONTWAIT);
        if (errno == Errno.EAGAIN)
            return false;
        if (length == 1 && descriptors.Count == 1)
        {
            _spawned.Process.SetTerminal(descriptors[0], _size.Rows, _size.Columns, _journal);
            return true;
        }
        foreach (FileDescriptor fd in descriptors)
            fd.Dispose();
        if (length == 5 && _record[0] == Moved)
        {
            // A process that cannot be followed is told nothing, and ends.
            if (_spawned.Process.Follow(BinaryPrimitives.ReadInt32LittleEndian(_record.AsSpan(1))))
                _ = Socket.TrySend(_spawned.Status, [Continue]);
            else
                _ = Socket.TryShutdown(_spawned.Status, 2);
            return true;
        }
        _spawned.Process.WhileStarting = null;
        _loop.Forget(_spawned.Status, _token);
        _spawned.Status.Dispose();
        if (length == 8)
            _done(BinaryPrimitives.ReadInt32LittleEndian(_record), (Errno)BinaryPrimitives.ReadInt32LittleEndian(_record.AsSpan(4)));
        else
            _done(0, Errno.None);
        return false;
    }
}
