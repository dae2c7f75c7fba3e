using System.Diagnostics;

namespace Tare.Tests.EndToEnd.Clients;

/// <summary>The distribution's dockerd with directories and a network namespace of its own, to compare answers with.</summary>
internal sealed class DockerDaemon : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-peer-").FullName;
    private readonly string _namespace;
    private readonly Process _process;

    public DockerDaemon()
    {
        _namespace = Path.GetFileName(_root);
        string files = Path.Combine(Repository.Root, "artifacts/tools/dockerd");
        Repository.Run("ip", ["netns", "add", _namespace]).Ok();
        Repository.Run("ip", ["-n", _namespace, "link", "set", "lo", "up"]).Ok();
        // "ip netns exec" would hide the cgroup mounts.
        ProcessStartInfo start = new("nsenter")
        {
            ArgumentList =
            {
                $"--net=/run/netns/{_namespace}", "sh", "-c", $"exec {files}/usr/sbin/dockerd \"$@\" >{_root}/log 2>&1", "sh",
                "--data-root", $"{_root}/data", "--exec-root", $"{_root}/exec", "--pidfile", $"{_root}/pid", "--host", Host, "--experimental",
            },
        };
        start.Environment["PATH"] = $"{files}/usr/bin:{files}/usr/sbin:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["LD_LIBRARY_PATH"] = $"{files}/usr/lib/x86_64-linux-gnu";
        _process = Process.Start(start)!;
        try
        {
            Wait.Until(() => Docker("version").Code == 0, TimeSpan.FromSeconds(90), () => $"dockerd does not answer: {File.ReadAllText($"{_root}/log")}");
            Docker("load", "-q", "-i", Repository.Image("busybox")).Ok();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Host => $"unix://{_root}/docker.sock";

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            foreach (string id in Docker("ps", "-aq").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                _ = Docker("rm", "-f", id);
            _ = Repository.Run("kill", ["-TERM", _process.Id.ToString()]);
            if (!_process.WaitForExit(TimeSpan.FromSeconds(30)))
                _process.Kill(entireProcessTree: true);
        }
        _ = Repository.Run("ip", ["netns", "del", _namespace]);
        _ = Repository.Run("sh", ["-c", $"umount -l {_root}/data/overlay2/*/merged {_root}/exec/netns/* 2>/dev/null; rm -rf {_root}"]);
    }

    private Result Docker(params string[] arguments) => Repository.Run("docker", arguments, environment: new() { ["DOCKER_HOST"] = Host });
}
