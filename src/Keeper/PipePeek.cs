using Tare.Linux;

namespace Tare.Keeper;

/// <summary>Looks at what pipes hold and takes it out afterwards: in between, what was seen is put where no death of this process can lose it.</summary>
internal sealed class PipePeek : IDisposable
{
    // What is seen goes through here; it is empty between calls.
    private readonly FileDescriptor _reader;
    private readonly FileDescriptor _writer;
    private readonly FileDescriptor _null = Fcntl.Open("/dev/null", Fcntl.O_WRONLY);

    public PipePeek() => (_reader, _writer) = Unistd.Pipe(Fcntl.O_NONBLOCK);

    /// <summary>Copies what a pipe holds. EAGAIN when nothing is there; 0 bytes when nobody can write any more.</summary>
    public Errno TryPeek(FileDescriptor pipe, Span<byte> data, out int seen)
    {
        seen = 0;
        Errno errno = Splice.TryTee(pipe, _writer, data.Length, out int copied);
        while (errno == Errno.None && seen < copied)
        {
            errno = Unistd.TryRead(_reader, data[seen..copied], out int read);
            seen += read;
        }
        return errno;
    }

    /// <summary>Takes bytes that were seen.</summary>
    public void Take(FileDescriptor pipe, int count)
    {
        while (count > 0 && Splice.TryMove(pipe, _null, count, out int moved) == Errno.None && moved > 0)
            count -= moved;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
        _null.Dispose();
    }
}
