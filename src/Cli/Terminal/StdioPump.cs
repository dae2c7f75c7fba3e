using Tare.EngineApi.Client.Streams;
using Tare.Linux;

namespace Tare.Cli.Terminal;

/// <summary>Moves bytes between this process's stdio and a hijacked connection, until the output ends or the detach keys are typed.</summary>
internal sealed class StdioPump(Session session, HijackedStream stream, bool tty)
{
    private const string DefaultKeys = "ctrl-p,ctrl-q";
    private volatile bool _detached;

    /// <summary>Copies; true when the user detached. Input is copied on a thread of its own, which ends with the process.</summary>
    public bool Run(bool input, string? detachKeys)
    {
        if (input)
        {
            EscapeKeys? keys = tty ? new EscapeKeys(EscapeKeys.Parse(detachKeys is { Length: > 0 } ? detachKeys : DefaultKeys)) : null;
            new Thread(() => CopyInput(keys)) { IsBackground = true }.Start();
        }
        else
        {
            // Engines may keep the stream open for input that never comes.
            stream.CloseWrite();
        }
        try
        {
            CopyOutput();
        }
        catch (IOException) when (_detached)
        {
            // The connection was closed here.
        }
        session.Out.Flush();
        if (_detached)
            session.Error.WriteLine("read escape sequence");
        return _detached;
    }

    private void CopyOutput()
    {
        // Engines before API 1.42 call a multiplexed stream "raw" too, so the terminal decides.
        if (!tty)
        {
            Demultiplexer.Copy(stream.Read, session.Out.WriteThrough, session.Error.WriteThrough);
            return;
        }
        byte[] buffer = new byte[16 * 1024];
        int n;
        while ((n = stream.Read(buffer)) > 0)
            session.Out.WriteThrough(buffer.AsSpan(0, n));
    }

    private void CopyInput(EscapeKeys? keys)
    {
        byte[] buffer = new byte[16 * 1024];
        var pass = new List<byte>();
        try
        {
            while (Unistd.TryRead(session.Input, buffer, out int n) is Errno.None && n > 0)
            {
                if (keys is null)
                {
                    stream.Write(buffer.AsSpan(0, n));
                    continue;
                }
                pass.Clear();
                bool typed = keys.Filter(buffer.AsSpan(0, n), pass);
                stream.Write(pass.ToArray());
                if (!typed)
                    continue;
                _detached = true;
                stream.Abort();
                return;
            }
            stream.CloseWrite();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The container is gone; its output and exit code tell the rest.
        }
    }
}
