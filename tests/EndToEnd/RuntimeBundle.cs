using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>A root file system of busybox with bundles around it, and an OCI runtime that runs them: tare-runtime or a peer.</summary>
internal sealed class RuntimeBundle : IDisposable
{
    private static readonly Lazy<string> Unpacked = new(Unpack);

    public RuntimeBundle()
    {
        Root = Directory.CreateTempSubdirectory("tare-runtime-").FullName;
        // A user namespace's root must be able to reach the files, as on any host.
        File.SetUnixFileMode(Root, (UnixFileMode)0x1ed);
        Repository.Run("cp", ["-a", Unpacked.Value, Rootfs]).Ok();
    }

    public string Root { get; }
    public string Rootfs => Path.Combine(Root, "rootfs");
    public string State => Path.Combine(Root, "state");

    /// <summary>tare-runtime's own template without a terminal, its root file system writable.</summary>
    public static JsonNode Template()
    {
        string directory = Directory.CreateTempSubdirectory("tare-spec-").FullName;
        Repository.Run(Repository.Program("tare-runtime"), ["spec", "-b", directory]).Ok();
        JsonNode spec = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "config.json")))!;
        Directory.Delete(directory, recursive: true);
        spec["process"]!["terminal"] = false;
        spec["root"]!["readonly"] = false;
        return spec;
    }

    /// <summary>Writes a bundle that runs a shell script.</summary>
    public string Script(string script, Action<JsonNode>? change = null) => Write(change, "sh", "-c", script);

    /// <summary>Writes a bundle that runs a command.</summary>
    public string Write(Action<JsonNode>? change, params string[] command)
    {
        JsonNode spec = Template();
        spec["root"]!["path"] = Rootfs;
        spec["process"]!["args"] = new JsonArray([.. command.Select(c => JsonValue.Create(c))]);
        change?.Invoke(spec);
        string bundle = Path.Combine(Root, "b" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(bundle);
        File.WriteAllText(Path.Combine(bundle, "config.json"), spec.ToJsonString());
        return bundle;
    }

    public static string NewId() => "t" + Guid.NewGuid().ToString("N")[..12];

    /// <summary>Runs a bundle in the foreground.</summary>
    public Result Run(string bundle, string runtime = "tare-runtime", string[]? options = null) =>
        Call(runtime, ["run", "-b", bundle, .. options ?? [], NewId()]);

    /// <summary>Any command of a runtime on this bundle's containers.</summary>
    public Result Call(string runtime, params string[] arguments)
    {
        string[] global = ["--root", Path.Combine(State, runtime)];
        // crun refuses hosts with both versions of cgroups, so it sees one of them only.
        if (runtime == "crun")
            return Repository.Run("unshare", ["-m", "--propagation", "slave", "sh", "-c", "umount /sys/fs/cgroup/unified; exec crun --cgroup-manager=disabled \"$@\"", "sh", .. global, .. arguments]);
        return Repository.Run(runtime == "tare-runtime" ? Repository.Program(runtime) : runtime, [.. global, .. arguments]);
    }

    /// <summary>Any command of tare-runtime.</summary>
    public Result Tare(params string[] arguments) => Call("tare-runtime", arguments);

    /// <summary>As <see cref="Tare"/> for commands whose process lives on with the streams it was given: these are a file then.</summary>
    public Result Detached(params string[] arguments)
    {
        string output = Path.Combine(Root, "output-" + Guid.NewGuid().ToString("N")[..8]);
        string[] all = [Repository.Program("tare-runtime"), "--root", Path.Combine(State, "tare-runtime"), .. arguments];
        Result result = Repository.Run("/bin/sh", ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", output, .. all]);
        return result with { Output = File.ReadAllText(output), Error = File.ReadAllText(output) };
    }

    /// <summary>A running container with that script; its output goes to a file.</summary>
    public string Start(string script, Action<JsonNode>? change = null)
    {
        string id = NewId();
        Detached("run", "-d", "-b", Script(script, change), id).Ok();
        return id;
    }

    public string StatusOf(string id) => JsonNode.Parse(Tare("state", id).Ok())!["status"]!.ToString();

    public int PidOf(string id) => (int)JsonNode.Parse(Tare("state", id).Ok())!["pid"]!;

    public void Dispose()
    {
        foreach (string id in Tare("list", "-q").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _ = Tare("delete", "-f", id);
        Repository.Run("rm", ["-rf", "--one-file-system", Root]).Ok();
    }

    private static string Unpack()
    {
        string directory = Directory.CreateTempSubdirectory("tare-busybox-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        Repository.Run("tar", ["-xf", Repository.Image("busybox"), "-C", directory]).Ok();
        string layer = Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".json", StringComparison.Ordinal)).MaxBy(f => new FileInfo(f).Length)!;
        string rootfs = Path.Combine(directory, "rootfs");
        Directory.CreateDirectory(rootfs);
        Repository.Run("tar", ["-xf", layer, "-C", rootfs]).Ok();
        File.SetUnixFileMode(rootfs, (UnixFileMode)0x1ed);
        return rootfs;
    }
}
