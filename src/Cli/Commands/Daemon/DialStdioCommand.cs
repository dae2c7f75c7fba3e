using Tare.Cli.CommandLine;
using Tare.EngineApi.Client.Streams;
using Tare.Linux;

namespace Tare.Cli.Commands.Daemon;

/// <summary>tare system dial-stdio: passes bytes between stdio and the engine, for clients that come by ssh.</summary>
internal static class DialStdioCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "", "Proxy the stdio stream to the engine's connection") { MaxArguments = 0 };
        command.Run = (session, _) =>
        {
            using HijackedStream engine = session.Client.Dial();
            new Thread(() => Send(session, engine)) { IsBackground = true }.Start();
            byte[] buffer = new byte[32 * 1024];
            int n;
            while ((n = engine.Read(buffer)) > 0)
                session.Out.WriteThrough(buffer.AsSpan(0, n));
            return 0;
        };
        return command;
    }

    private static void Send(Session session, HijackedStream engine)
    {
        byte[] buffer = new byte[32 * 1024];
        try
        {
            while (Unistd.TryRead(session.Input, buffer, out int n) is Errno.None && n > 0)
                engine.Write(buffer.AsSpan(0, n));
            engine.CloseWrite();
        }
        catch (IOException)
        {
            // The engine is gone: the reader sees the end.
        }
    }
}
