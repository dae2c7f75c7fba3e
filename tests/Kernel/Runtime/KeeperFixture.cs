using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime;

namespace Tare.Tests.Kernel.Runtime;

/// <summary>A keeper whose containers are started by the ordinary build of tare-init.</summary>
public sealed class OrdinaryInitFixture() : KeeperFixture(Binaries.OrdinaryInit);

/// <summary>A real keeper with a busybox root file system: containers of these tests are started just as the engine starts them.</summary>
public class KeeperFixture : IDisposable
{
    private readonly System.Diagnostics.Process _keeper;

    public KeeperFixture() : this(Binaries.Path("tare-init"))
    {
    }

    protected KeeperFixture(string init)
    {
        Root = Directory.CreateTempSubdirectory("tare-kernel-").FullName;
        foreach (string name in new[] { "lower/bin", "lower/etc", "lower/tmp", "anchor", "logs" })
            Directory.CreateDirectory(Path.Combine(Root, name));
        File.Copy("/bin/busybox", Path.Combine(Root, "lower/bin/busybox"));
        foreach (string applet in new[] { "sh", "cat", "ls", "id", "sleep", "mount", "hostname", "stty", "tty", "true", "echo", "grep", "touch", "ps", "kill", "readlink", "head", "yes", "wc" })
            File.CreateSymbolicLink(Path.Combine(Root, "lower/bin", applet), "busybox");
        string socket = Path.Combine(Root, "keeper.sock");
        ProcessStartInfo start = new(Binaries.Path("tare-keeper")) { ArgumentList = { "--socket", socket, "--init", init } };
        _keeper = System.Diagnostics.Process.Start(start)!;
        Client = Connect(socket);
        Client.Exited += notice => Exits[notice.Key].TrySetResult(notice);
        Client.Begin();
    }

    public string Root { get; }
    public KeeperClient Client { get; }
    public System.Collections.Concurrent.ConcurrentDictionary<string, TaskCompletionSource<ProcessNotice>> Exits { get; } = new();

    /// <summary>A configuration with Docker's mounts and restrictions that runs a shell script.</summary>
    public static RuntimeSpec Spec(params string[] command) => new()
    {
        Process = new ProcessSpec
        {
            Args = [.. command],
            Env = ["PATH=/usr/bin:/bin", "TERM=xterm"],
            Capabilities = new CapabilitiesSpec { Bounding = [.. Capability.Defaults], Effective = [.. Capability.Defaults], Permitted = [.. Capability.Defaults] },
        },
        Hostname = "box",
        Mounts =
        [
            new() { Destination = "/proc", Type = "proc", Source = "proc", Options = ["nosuid", "noexec", "nodev"] },
            new() { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "strictatime", "mode=755", "size=65536k"] },
            new() { Destination = "/dev/pts", Type = "devpts", Source = "devpts", Options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"] },
            new() { Destination = "/sys", Type = "sysfs", Source = "sysfs", Options = ["nosuid", "noexec", "nodev", "ro"] },
            new() { Destination = "/dev/mqueue", Type = "mqueue", Source = "mqueue", Options = ["nosuid", "noexec", "nodev"] },
            new() { Destination = "/dev/shm", Type = "tmpfs", Source = "shm", Options = ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
        ],
        Linux = new LinuxSpec
        {
            Namespaces = [.. new[] { "pid", "network", "mount", "ipc", "uts", "cgroup" }.Select(t => new NamespaceSpec { Type = t })],
            MaskedPaths = ["/proc/kcore", "/proc/keys", "/sys/firmware", "/proc/absent"],
            ReadonlyPaths = ["/proc/sys", "/proc/sysrq-trigger"],
        },
    };

    /// <summary>Starts a container with a fresh overlay; output comes back when it has ended.</summary>
    public async Task<(SpawnOutcome Outcome, CompiledContainer Compiled)> StartAsync(string key, RuntimeSpec spec, FileDescriptor stream, StdioFlags stdio = 0, bool log = false, bool supervise = false)
    {
        foreach (string name in new[] { "upper", "work" })
            Directory.CreateDirectory(Path.Combine(Root, key, name));
        using FileDescriptor root = Overlay.Mount([Path.Combine(Root, "lower")], Path.Combine(Root, key, "upper"), Path.Combine(Root, key, "work"), isVolatile: true);
        CompiledContainer compiled = ContainerCompiler.Compile(spec, new CompileContext { Root = 0, Anchor = Path.Combine(Root, "anchor"), OwnsStandardStreams = true, Supervise = supervise });
        using FileDescriptor program = compiled.Program.ToMemoryFile();
        using FileDescriptor logs = Fcntl.Open(Path.Combine(Root, "logs"), Fcntl.O_PATH | Fcntl.O_DIRECTORY);
        Exits[key] = new TaskCompletionSource<ProcessNotice>(TaskCreationOptions.RunContinuationsAsynchronously);
        await Client.AttachAsync(key, stream, AttachFlags.Output | AttachFlags.Error | AttachFlags.Input | AttachFlags.CloseInputAtEnd);
        SpawnOutcome outcome = await Client.SpawnAsync(new SpawnRequest
        {
            Key = key,
            Program = program,
            Namespaces = compiled.Namespaces,
            Passed = [root],
            Stdio = stdio,
            Log = log ? (logs, new LogOptions($"{key}.log", 1 << 20, 3)) : null,
        });
        return (outcome, compiled);
    }

    /// <summary>Runs a shell script in a container and returns what it printed and how it ended.</summary>
    public async Task<(string Output, ProcessNotice Exit)> RunAsync(string script, Action<RuntimeSpec>? change = null, StdioFlags stdio = 0, byte[]? input = null)
    {
        string key = Guid.NewGuid().ToString("N")[..12];
        RuntimeSpec spec = Spec("sh", "-c", script);
        change?.Invoke(spec);
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (ours)
        {
            SpawnOutcome outcome;
            CompiledContainer compiled;
            using (theirs)
                (outcome, compiled) = await StartAsync(key, spec, theirs, stdio);
            Assert.True(outcome.Started, outcome.Started ? "" : compiled.Explain(outcome.FailedOperation, outcome.Errno).Error.Message);
            outcome.PidFd!.Dispose();
            if (input is not null)
            {
                ours.Write(input);
                _ = Socket.TryShutdown(ours, 1);
            }
            string output = await Task.Run(() => ReadAll(ours));
            ProcessNotice exit = await Exits[key].Task.WaitAsync(TimeSpan.FromSeconds(20));
            await Client.ForgetAsync(key);
            return (output, exit);
        }
    }

    public static string ReadAll(FileDescriptor fd)
    {
        MemoryStream all = new();
        byte[] buffer = new byte[8192];
        while (Unistd.TryRead(fd, buffer, out int read) == Errno.None && read > 0)
            all.Write(buffer, 0, read);
        return Encoding.UTF8.GetString(all.ToArray());
    }

    public void Dispose()
    {
        Client.Dispose();
        _keeper.Kill();
        _keeper.WaitForExit();
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static KeeperClient Connect(string socket)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (waited.Elapsed < TimeSpan.FromSeconds(10))
        {
            if (KeeperClient.TryConnect(socket) is { } client)
                return client;
            Thread.Sleep(5);
        }
        throw new TimeoutException("the keeper does not listen");
    }
}
