using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Tare.Tests.Kernel.Images;

/// <summary>Debian's docker-registry (package docker-registry) on loopback with a throw-away store: the peer that pushes and pulls must agree with.</summary>
internal sealed class DebianRegistry : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-registry-").FullName;
    private readonly Process _process;

    public DebianRegistry()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Authority = $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }
        string config = Path.Combine(_root, "config.yml");
        File.WriteAllText(config, $$$"""
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: {{{_root}}}/store}, delete: {enabled: true}}
            http: {addr: "{{{Authority}}}"}
            """);
        var start = new ProcessStartInfo("docker-registry") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("serve");
        start.ArgumentList.Add(config);
        _process = Process.Start(start) ?? throw new InvalidOperationException("docker-registry does not start");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var http = new HttpClient();
        for (var waited = Stopwatch.StartNew(); ; Thread.Sleep(50))
        {
            try
            {
                using HttpResponseMessage response = http.GetAsync($"http://{Authority}/v2/").GetAwaiter().GetResult();
                return;
            }
            catch (HttpRequestException) when (waited.Elapsed < TimeSpan.FromSeconds(15))
            {
                // Not yet.
            }
        }
    }

    public string Authority { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
