using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tare.Tests.EndToEnd;

/// <summary>A published registry of its own, on loopback, with a client. Killed and cleaned up at the end; <see cref="Start"/> after <see cref="Kill"/> goes on with its directory.</summary>
public sealed class RegistryProgram : IDisposable
{
    private readonly string[] _options;
    private Process? _process;

    public RegistryProgram(params string[] options)
    {
        _options = options;
        Address = $"127.0.0.1:{FreePort()}";
        File.WriteAllText(Path.Combine(Directory, "auth.json"), "{}");
        Http = new HttpClient { BaseAddress = new Uri($"http://{Address}") };
        Start();
    }

    public string Address { get; }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("tare-e2e-registry-").FullName;

    public HttpClient Http { get; }

    public int Pid => _process!.Id;

    public void Start()
    {
        string log = Path.Combine(Directory, "log");
        ProcessStartInfo start = new("/bin/sh") { ArgumentList = { "-c", $"exec \"$@\" >>{log} 2>&1", "sh", Repository.Program("tare"), "registry", "serve", "--addr", Address, "--root", Path.Combine(Directory, "root") } };
        foreach (string option in _options)
            start.ArgumentList.Add(option);
        _process = Process.Start(start)!;
        Wait.Until(() => Accepts() || _process.HasExited, TimeSpan.FromSeconds(20), () => $"the registry does not listen:\n{Log()}");
        Assert.False(_process.HasExited, $"the registry ended:\n{Log()}");
    }

    /// <summary>SIGKILL, as a crash would be.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Runs a program with configuration and storage below this registry's directory, so that nothing of the machine's is used or left.</summary>
    public Result Run(string program, params string[] arguments) => Repository.Run(program, arguments, seconds: 180, environment: new()
    {
        ["HOME"] = Directory,
        ["XDG_RUNTIME_DIR"] = Directory,
        ["REGISTRY_AUTH_FILE"] = Path.Combine(Directory, "auth.json"),
        ["DOCKER_CONFIG"] = Path.Combine(Directory, "docker"),
    });

    public Result Skopeo(params string[] arguments) => Run("skopeo", ["--insecure-policy", .. arguments]);

    public Result Podman(params string[] arguments) => Run("podman", [.. Storage, .. arguments]);

    public Result Buildah(params string[] arguments) => Run("buildah", [.. Storage, .. arguments]);

    public void Dispose()
    {
        Http.Dispose();
        if (!_process!.HasExited)
            Kill();
        _process.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>Below the ports that connections take for themselves (ip_local_port_range), so that none of them has it by the time somebody listens.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(20000, 27000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
        }
    }

    private string[] Storage => ["--root", Path.Combine(Directory, "storage"), "--runroot", Path.Combine(Directory, "run"), "--storage-driver", "vfs"];

    private string Log() => File.Exists(Path.Combine(Directory, "log")) ? File.ReadAllText(Path.Combine(Directory, "log")) : "";

    /// <summary>Asked by HTTP: a bare connection to a port that nobody listens on yet may meet itself.</summary>
    private bool Accepts()
    {
        try
        {
            using HttpResponseMessage answer = Http.Send(new HttpRequestMessage(HttpMethod.Get, "/v2/"));
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
