using System.ComponentModel;
using System.Diagnostics;
using Tare.Errors;
using Tare.Keeper.Protocol;

namespace Tare.Engine.Hosting;

/// <summary>Connects to the keeper that a former engine left, or starts one. The keeper makes a session of its own and outlives this process.</summary>
internal sealed class KeeperLauncher(EngineOptions options, HeldStreams held) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private Process? _keeper;

    /// <summary>Pid of the keeper when this process started it, or 0.</summary>
    public int KeeperPid => _keeper is { HasExited: false } ? _keeper.Id : 0;

    /// <summary>Where the keeper listens.</summary>
    public string SocketPath { get; } = Path.Combine(options.ExecRoot, "keeper.sock");

    /// <summary>A connection that does not receive yet.</summary>
    public KeeperClient Connect()
    {
        if (KeeperClient.TryConnect(SocketPath, held) is { } present)
            return present;
        // Its children are handed on at the very end of its life, after its connections are closed.
        _ = _keeper?.WaitForExit(Patience);
        _keeper?.Dispose();
        Process keeper = _keeper = Start();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            // When one that another engine started was faster, it is that one, and ours ends.
            bool ended = keeper.WaitForExit(0);
            if (KeeperClient.TryConnect(SocketPath, held) is { } client)
                return client;
            if (ended)
                throw TareException.Internal($"start the keeper {options.KeeperPath}: it ended with code {keeper.ExitCode}, see {LogPath}{LastWords()}");
            Thread.Sleep(1);
        }
        throw new TareException(ErrorKind.Unavailable, $"start the keeper {options.KeeperPath}: it does not listen on {SocketPath}");
    }

    /// <inheritdoc/>
    public void Dispose() => _keeper?.Dispose();

    private string LogPath => Path.Combine(options.ExecRoot, "keeper.log");

    private Process Start()
    {
        foreach (string program in (string[])[options.KeeperPath, options.InitPath])
        {
            if (!File.Exists(program))
                throw TareException.Internal($"start the keeper: {program} does not exist; it belongs beside tared");
        }
        // The shell puts the keeper's streams on a file and becomes the keeper: nothing ties it to this process.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = "/" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" </dev/null >>\"$0\" 2>&1");
        start.ArgumentList.Add(LogPath);
        foreach (string argument in (string[])[options.KeeperPath, "--socket", SocketPath, "--init", options.InitPath])
            start.ArgumentList.Add(argument);
        // systemd's sockets and watchdog are this process's.
        foreach (string name in (string[])["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC"])
            _ = start.Environment.Remove(name);
        try
        {
            return Process.Start(start) ?? throw TareException.Internal($"start the keeper {options.KeeperPath}");
        }
        catch (Win32Exception error)
        {
            throw TareException.Internal($"start the keeper {options.KeeperPath}", error);
        }
    }

    private string LastWords()
    {
        try
        {
            return File.ReadLines(LogPath).LastOrDefault() is { Length: > 0 } line ? $": {line}" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
