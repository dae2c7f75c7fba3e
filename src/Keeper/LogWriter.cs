using Tare.Linux;

namespace Tare.Keeper;

/// <summary>
/// Brings output into a log so that a keeper killed on the way neither loses nor repeats a byte:
/// <code>
///   journal: writing ─▶ log file, new part file ─▶ journal: written ─▶ part file renamed ─▶ taken from the pipe ─▶ journal: idle
///        └── killed: the log is cut back                    └── killed: the rest is done
/// </code>
/// </summary>
internal sealed class LogWriter(JsonLog log, string key, StreamDirectory streams, LogJournal journal) : IDisposable
{
    private readonly bool[] _hasPart = new bool[3];

    /// <summary>
    /// Writes the beginning of <paramref name="data"/>, as much as goes into one log file, and returns its length. With <paramref name="journaled"/>,
    /// data is the end of what the journal's buffer holds from 0 to <paramref name="end"/>, and <see cref="Taken"/> follows.
    /// </summary>
    public int Append(byte stream, ReadOnlySpan<byte> data, int end, bool journaled)
    {
        int used = log.Prepare(stream, data);
        ReadOnlySpan<byte> part = log.Part(stream);
        if (journaled)
            journal.Begin(key, stream, end - data.Length, used, log.MakeRoom(), !part.IsEmpty);
        else
            _ = log.MakeRoom();
        log.Write();
        string name = StreamDirectory.PartName(key, stream);
        if (!part.IsEmpty)
            WritePart(name + ".new", part);
        if (journaled)
            journal.Written();
        KeepPart(stream, name, !part.IsEmpty);
        return used;
    }

    /// <summary>What was appended is no longer in the pipe.</summary>
    public void Taken() => journal.Clear();

    /// <summary>The stream has ended: what has no line feed is a line too.</summary>
    public void Finish()
    {
        log.Finish();
        for (byte stream = 1; stream <= 2; stream++)
            KeepPart(stream, StreamDirectory.PartName(key, stream), false);
    }

    /// <summary>Goes on where a keeper before this one was killed. <paramref name="pipe"/> gives our end of a stream.</summary>
    public void Recover(Func<byte, FileDescriptor?> pipe)
    {
        JournalEntry? entry = LogJournal.Find(streams, key);
        if (entry is { Written: false })
            log.CutBack(entry.LogSize);
        for (byte stream = 1; stream <= 2; stream++)
            RecoverPart(stream, entry is { Written: true } && entry.Stream == stream ? entry : null);
        // Its bytes may be in the pipe still; nobody but a keeper has taken any.
        if (entry is { Written: true } && pipe(entry.Stream) is { } fd
            && journal.Peek.TryPeek(fd, journal.Data[..entry.Data.Length], out int seen) == Errno.None
            && journal.Data[..seen].SequenceEqual(entry.Data))
        {
            journal.Peek.Take(fd, seen);
        }
        if (entry is not null)
            _ = Unistd.TryUnlink(streams.Handle, StreamDirectory.EntryName(key));
    }

    /// <inheritdoc/>
    public void Dispose() => log.Dispose();

    private void RecoverPart(byte stream, JournalEntry? written)
    {
        string name = StreamDirectory.PartName(key, stream);
        if (written is { HasPart: true })
            _ = Unistd.TryRename(streams.Handle, name + ".new", streams.Handle, name);
        else if (written is { HasPart: false })
            _ = Unistd.TryUnlink(streams.Handle, name);
        else
            _ = Unistd.TryUnlink(streams.Handle, name + ".new");
        if (Fcntl.TryOpenAt(streams.Handle, name, Fcntl.O_RDONLY, 0, out FileDescriptor file) != Errno.None)
            return;
        using (file)
        {
            byte[] part = new byte[JsonLog.MaxLine];
            if (Unistd.TryRead(file, part, out int length) == Errno.None)
                log.SetPart(stream, part.AsSpan(0, length));
        }
        _hasPart[stream] = true;
    }

    private void WritePart(string name, ReadOnlySpan<byte> part)
    {
        // A full exec root loses the beginning of one line when the keeper is killed, no more.
        if (Fcntl.TryOpenAt(streams.Handle, name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC, 0x180, out FileDescriptor file) != Errno.None)
            return;
        using (file)
            _ = Unistd.TryWrite(file, part, out _);
    }

    private void KeepPart(byte stream, string name, bool present)
    {
        if (present)
            _ = Unistd.TryRename(streams.Handle, name + ".new", streams.Handle, name);
        else if (_hasPart[stream])
            _ = Unistd.TryUnlink(streams.Handle, name);
        _hasPart[stream] = present;
    }
}
