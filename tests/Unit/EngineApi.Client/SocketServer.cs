using System.Net.Sockets;
using System.Text;

namespace Tare.Tests.Unit.EngineApi.Client;

/// <summary>Answers each connection of a unix socket with a script, and keeps what it was sent.</summary>
internal sealed class SocketServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"tare-unit-{Guid.NewGuid():N}.sock");
    private readonly Thread _thread;

    public SocketServer(Action<Connection> serve)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen(8);
        _thread = new Thread(() =>
        {
            try
            {
                while (true)
                {
                    var connection = new Connection(_listener.Accept(), Requests);
                    new Thread(() => Serve(serve, connection)) { IsBackground = true }.Start();
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        })
        { IsBackground = true };
        _thread.Start();
    }

    public string Address => "unix://" + _path;

    public List<string> Requests { get; } = [];

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_path);
    }

    private static void Serve(Action<Connection> serve, Connection connection)
    {
        using (connection)
        {
            try
            {
                serve(connection);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // The client went away.
            }
        }
    }

    /// <summary>One accepted connection.</summary>
    internal sealed class Connection(Socket socket, List<string> log) : IDisposable
    {
        private readonly NetworkStream _stream = new(socket, ownsSocket: true);

        public Socket Socket => socket;

        /// <summary>Reads head and body of a request, chunked or with a length; null at the end.</summary>
        public string? ReadRequest()
        {
            var head = new StringBuilder();
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                int b = _stream.ReadByte();
                if (b < 0)
                    return null;
                _ = head.Append((char)b);
            }
            string text = head.ToString();
            string body = text.Contains("chunked", StringComparison.Ordinal) ? ReadChunks() : ReadExactly(Length(text));
            lock (log)
                log.Add(text + body);
            return text + body;
        }

        /// <summary>Sends pieces, each as a write of its own.</summary>
        public void Send(params string[] pieces)
        {
            foreach (string piece in pieces)
                _stream.Write(Encoding.Latin1.GetBytes(piece));
        }

        public string ReadToEnd()
        {
            using var all = new MemoryStream();
            _stream.CopyTo(all);
            return Encoding.Latin1.GetString(all.ToArray());
        }

        public void Dispose() => _stream.Dispose();

        private static int Length(string head)
        {
            int at = head.IndexOf("Content-Length: ", StringComparison.Ordinal);
            return at < 0 ? 0 : int.Parse(head[(at + 16)..head.IndexOf('\r', at)]);
        }

        private string ReadExactly(int n)
        {
            byte[] data = new byte[n];
            _stream.ReadExactly(data);
            return Encoding.Latin1.GetString(data);
        }

        private string ReadChunks()
        {
            var body = new StringBuilder();
            while (true)
            {
                var line = new StringBuilder();
                while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
                    _ = line.Append((char)_stream.ReadByte());
                int size = Convert.ToInt32(line.ToString().Trim(), 16);
                _ = body.Append(ReadExactly(size));
                _ = ReadExactly(2);
                if (size == 0)
                    return body.ToString();
            }
        }
    }
}
