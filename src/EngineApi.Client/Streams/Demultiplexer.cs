using System.Text;
using Tare.EngineApi.Streams;

namespace Tare.EngineApi.Client.Streams;

/// <summary>Takes a multiplexed stream apart, whatever pieces it arrives in.</summary>
public sealed class Demultiplexer(Demultiplexer.Sink stdout, Demultiplexer.Sink stderr)
{
    private readonly byte[] _header = new byte[StreamFrame.HeaderSize];
    private int _headerLength;
    private StreamFrame _frame;
    private int _left;
    private StringBuilder? _systemError;

    /// <summary>Takes bytes of one stream.</summary>
    public delegate void Sink(ReadOnlySpan<byte> data);

    /// <summary>Reads bytes of the wire; 0 at the end.</summary>
    public delegate int Source(Span<byte> buffer);

    /// <summary>Copies until the end of the source.</summary>
    public static void Copy(Source source, Sink stdout, Sink stderr)
    {
        var demultiplexer = new Demultiplexer(stdout, stderr);
        byte[] buffer = new byte[32 * 1024];
        int n;
        while ((n = source(buffer)) > 0)
            demultiplexer.Push(buffer.AsSpan(0, n));
    }

    /// <summary>Takes the next piece; throws IOException for what is not a frame, and for an error the engine put into the stream.</summary>
    public void Push(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_left == 0)
            {
                int n = Math.Min(StreamFrame.HeaderSize - _headerLength, data.Length);
                data[..n].CopyTo(_header.AsSpan(_headerLength));
                _headerLength += n;
                data = data[n..];
                if (_headerLength < StreamFrame.HeaderSize)
                    return;
                _headerLength = 0;
                if (!StreamFrame.TryRead(_header, out _frame))
                    throw new IOException("unrecognized input header: the stream is not multiplexed");
                _left = _frame.Length;
                continue;
            }
            int part = Math.Min(_left, data.Length);
            Deliver(data[..part]);
            _left -= part;
            data = data[part..];
            if (_left == 0 && _systemError is not null)
                throw new IOException($"error from daemon in stream: {_systemError}");
        }
    }

    private void Deliver(ReadOnlySpan<byte> data)
    {
        switch (_frame.Kind)
        {
            case StreamKind.Stderr:
                stderr(data);
                break;
            case StreamKind.SystemError:
                _ = (_systemError ??= new StringBuilder()).Append(Encoding.UTF8.GetString(data));
                break;
            default:
                stdout(data);
                break;
        }
    }
}
