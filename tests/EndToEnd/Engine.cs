using System.Diagnostics;
using System.Net.Sockets;

namespace Tare.Tests.EndToEnd;

/// <summary>What a command printed and how it ended.</summary>
public sealed record Result(int Code, string Output, string Error)
{
    /// <summary>The output of a command that must have succeeded.</summary>
    public string Ok()
    {
        Assert.True(Code == 0, $"exit code {Code}\nstdout: {Output}\nstderr: {Error}");
        return Output;
    }
}

/// <summary>A tared of its own: published binaries, throw-away roots, its own bridge. Killed and cleaned up at the end.</summary>
public sealed class Engine : IDisposable
{
    private static int s_count;
    private readonly int _number = FreeNumber();
    private Process? _tared;

    public Engine(bool start = true)
    {
        Root = Directory.CreateTempSubdirectory("tare-e2e-").FullName;
        if (start)
            Start();
    }

    public string Root { get; }

    /// <summary>More options for tared, set before it is started.</summary>
    public IReadOnlyList<string> Options { get; set; } = [];

    /// <summary>Where the engine looks for programs; null: where this process does.</summary>
    public string? SearchPath { get; set; }

    public string DataRoot => Path.Combine(Root, "data");
    public string ExecRoot => Path.Combine(Root, "exec");
    public string SocketPath => Path.Combine(Root, "exec", "tared.sock");
    public string Host => "unix://" + SocketPath;

    /// <summary>Gateway address of the default bridge.</summary>
    public string Gateway => $"10.213.{_number}.1";

    public int Pid => _tared!.Id;

    /// <summary>Starts tared and waits until its socket accepts.</summary>
    public void Start()
    {
        Launch();
        Wait.Until(() => Accepts() || _tared!.HasExited, TimeSpan.FromSeconds(30), () => $"tared does not listen:\n{Log()}");
        Assert.False(_tared!.HasExited, $"tared ended with {(_tared.HasExited ? _tared.ExitCode : 0)}:\n{Log()}");
    }

    /// <summary>Starts tared and does not wait.</summary>
    public void Launch()
    {
        string log = Path.Combine(Root, "tared.log");
        ProcessStartInfo start = new("/bin/sh") { ArgumentList = { "-c", $"exec \"$@\" >>{log} 2>&1", "sh", Repository.Program("tared"), "--data-root", DataRoot, "--exec-root", ExecRoot, "--host", Host, "--bip", $"{Gateway}/24" } };
        foreach (string option in Options)
            start.ArgumentList.Add(option);
        if (SearchPath is not null)
            start.Environment["PATH"] = SearchPath;
        _tared = Process.Start(start)!;
    }

    /// <summary>SIGKILL, as a crash would be.</summary>
    public void Kill()
    {
        _tared!.Kill();
        _tared.WaitForExit();
    }

    /// <summary>SIGTERM, and how long it took to obey is bounded.</summary>
    public void Stop()
    {
        Repository.Run("kill", ["-TERM", Pid.ToString()]).Ok();
        Assert.True(_tared!.WaitForExit(TimeSpan.FromSeconds(15)), "tared does not end on SIGTERM");
    }

    public Result Tare(params string[] arguments) => Run(Repository.Program("tare"), arguments);

    public Result Docker(params string[] arguments) => Run("docker", arguments);

    public Result Run(string program, string[] arguments, string? input = null, int seconds = 60) =>
        Repository.Run(program, arguments, input, seconds, ClientEnvironment);

    /// <summary>What leads a client to this engine, and keeps it away from the machine's own configuration.</summary>
    public Dictionary<string, string> ClientEnvironment => new() { ["TARE_HOST"] = Host, ["DOCKER_HOST"] = Host, ["DOCKER_CONFIG"] = Path.Combine(Root, "docker") };

    /// <summary>A command that goes on while the test does; its output collects in a file.</summary>
    public Background Start(string program, params string[] arguments) => new(this, program, arguments);

    public void LoadBusybox() => Tare("load", "-q", "-i", Repository.Image("busybox")).Ok();

    public string Log() => File.Exists(Path.Combine(Root, "tared.log")) ? File.ReadAllText(Path.Combine(Root, "tared.log")) : "";

    public void Dispose()
    {
        try
        {
            if (_tared is { HasExited: true })
                Start();
            Empty();
            Stop();
        }
        finally
        {
            if (_tared is { HasExited: false })
                Kill();
            KillKeeper();
            foreach (string parent in CgroupParents)
                Directory.Delete(parent);
            RemoveBridge(Gateway);
            Directory.Delete(Root, recursive: true);
        }
    }

    /// <summary>Removes every container and network.</summary>
    public void Empty()
    {
        foreach (string id in Tare("ps", "-aq").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _ = Tare("rm", "-f", "-v", id);
        foreach (string id in Tare("network", "ls", "-q", "--filter", "type=custom").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _ = Tare("network", "rm", id);
    }

    /// <summary>In each tree of cgroups, the group that holds those of this engine's containers; it has the name of the engine's bridge.</summary>
    public IReadOnlyList<string> CgroupParents => BridgeAt(Gateway) is { } name
        ? [.. Directory.GetDirectories("/sys/fs/cgroup").Prepend("/sys/fs/cgroup").Select(tree => Path.Combine(tree, name)).Where(Directory.Exists)]
        : [];

    /// <summary>The link with an address, or null.</summary>
    public static string? BridgeAt(string address) =>
        Repository.Run("ip", ["-o", "-4", "addr", "show", "to", address]).Output.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);

    /// <summary>An engine leaves its default bridge and its firewall table for the next one; here nobody comes.</summary>
    public static void RemoveBridge(string gateway)
    {
        string? bridge = BridgeAt(gateway);
        if (bridge is null)
            return;
        _ = Repository.Run("ip", ["link", "del", bridge]);
        _ = Repository.Run("nft", ["delete", "table", "inet", bridge]);
    }

    /// <summary>SIGKILL for the keepers of this engine, and of others that a test has started below its root.</summary>
    public void KillKeeper()
    {
        foreach (Process keeper in Process.GetProcessesByName("tare-keeper"))
        {
            using (keeper)
            {
                if (!IsMine(keeper.Id))
                    continue;
                keeper.Kill();
                keeper.WaitForExit();
            }
        }
    }

    /// <summary>Of a subnet that no link of this machine has: another run's engine, or what a run that was cut off has left.</summary>
    private static int FreeNumber()
    {
        string taken = Repository.Run("ip", ["-o", "-4", "addr", "show"]).Output;
        for (int tries = 0; ; tries++)
        {
            int number = ((Environment.ProcessId * 7) + Interlocked.Increment(ref s_count)) % 250;
            if (!taken.Contains($" 10.213.{number}.", StringComparison.Ordinal) || tries == 250)
                return number;
        }
    }

    private bool IsMine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(Root + "/", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Another engine's, which has just ended.
            return false;
        }
    }

    private bool Accepts()
    {
        if (!File.Exists(SocketPath))
            return false;
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A running command whose output a test looks at meanwhile.</summary>
public sealed class Background : IDisposable
{
    private readonly Process _process;
    private readonly System.Text.StringBuilder _output = new();

    public Background(Engine engine, string program, string[] arguments)
    {
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string key, string value) in engine.ClientEnvironment)
            start.Environment[key] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public int Pid => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public void WaitFor(string text, int seconds = 15) =>
        Wait.Until(() => Output.Contains(text, StringComparison.Ordinal), TimeSpan.FromSeconds(seconds), () => $"\"{text}\" did not come; so far: {Output}");

    public int WaitForExit(int seconds = 20)
    {
        Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(seconds)), $"the command does not end; so far: {Output}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (_output)
            _ = _output.AppendLine(line.Data);
    }
}

/// <summary>Waiting for something that comes soon.</summary>
internal static class Wait
{
    public static void Until(Func<bool> condition, TimeSpan patience, Func<string> complaint)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > patience)
                Assert.Fail(complaint());
            Thread.Sleep(10);
        }
    }
}
