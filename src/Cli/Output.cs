using System.Text;
using Tare.EngineApi.Client.Streams;
using Tare.Linux;

namespace Tare.Cli;

/// <summary>Text and bytes to a descriptor (or to a test), buffered until flushed; safe to use from two threads.</summary>
public sealed class Output(Demultiplexer.Sink write)
{
    private const int FlushAbove = 16 * 1024;
    private readonly List<byte> _buffer = [];
    private readonly Lock _lock = new();

    /// <summary>Writes to a descriptor; a reader that went away is not an error, as in a pipe to head.</summary>
    public static Output To(FileDescriptor fd) => new(data =>
    {
        while (!data.IsEmpty)
        {
            Errno errno = Unistd.TryWrite(fd, data, out int written);
            if (errno == Errno.EPIPE)
                throw new BrokenPipeException();
            if (errno == Errno.EAGAIN)
                Thread.Sleep(1);
            else if (errno != Errno.None)
                throw new IOException($"write to standard output: {errno.Describe()}");
            data = data[written..];
        }
    });

    /// <summary>Adds text.</summary>
    public void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a line.</summary>
    public void WriteLine(string text = "") => Write(text + "\n");

    /// <summary>Adds bytes.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            _buffer.AddRange(data);
            if (_buffer.Count > FlushAbove)
                FlushLocked();
        }
    }

    /// <summary>Writes bytes at once, after what is buffered.</summary>
    public void WriteThrough(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            FlushLocked();
            write(data);
        }
    }

    /// <summary>Writes what is buffered.</summary>
    public void Flush()
    {
        lock (_lock)
            FlushLocked();
    }

    private void FlushLocked()
    {
        if (_buffer.Count == 0)
            return;
        byte[] data = _buffer.ToArray();
        _buffer.Clear();
        write(data);
    }
}

/// <summary>Nobody reads the output any more.</summary>
public sealed class BrokenPipeException : Exception;
