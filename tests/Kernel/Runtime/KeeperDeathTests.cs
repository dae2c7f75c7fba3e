using System.Diagnostics;
using System.Text.Json;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime;

namespace Tare.Tests.Kernel.Runtime;

/// <summary>Processes go on when their keeper is killed, and the next keeper has all they said.</summary>
public sealed class KeeperDeathTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-kernel-").FullName;
    private readonly HeldStreams _held = new();
    private System.Diagnostics.Process _keeper = null!;
    private KeeperClient _client = null!;
    private TaskCompletionSource<ProcessNotice> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KeeperDeathTests()
    {
        foreach (string name in new[] { "lower/bin", "lower/etc", "lower/tmp", "anchor", "logs", "upper", "work" })
            Directory.CreateDirectory(Path.Combine(_root, name));
        File.Copy("/bin/busybox", Path.Combine(_root, "lower/bin/busybox"));
        foreach (string applet in new[] { "sh", "cat", "sleep", "echo", "usleep", "printf", "true" })
            File.CreateSymbolicLink(Path.Combine(_root, "lower/bin", applet), "busybox");
        Connect();
    }

    [Fact]
    public async Task A_log_has_every_line_once_after_many_deaths_of_the_keeper()
    {
        SpawnOutcome spawned = await SpawnAsync("i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; [ $((i % 10)) = 0 ] && usleep 2000; done; exit 7");
        for (int kills = 0; kills < 25; kills++)
        {
            await Task.Delay(Random.Shared.Next(5, 30));
            Kill();
            Connect();
            Assert.True(await AdoptAsync(spawned));
        }
        ProcessNotice exit = await _exit.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(7, exit.Code);
        Assert.Equal(Enumerable.Range(1, 3000).Select(i => $"line {i}\n"), Lines());
        await _client.ForgetAsync("c");
        Assert.Equal(["journal"], Directory.GetFiles(Path.Combine(_root, "stdio")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_line_that_was_half_said_is_one_line_after_the_death_of_the_keeper()
    {
        SpawnOutcome spawned = await SpawnAsync("printf 'half '; sleep 0.5; echo whole; sleep 0.1");
        await Task.Delay(200);
        Kill();
        Connect();
        Assert.True(await AdoptAsync(spawned));
        _ = await _exit.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["half whole\n"], Lines());
    }

    [Fact]
    public async Task What_a_process_said_before_it_ended_without_a_keeper_is_logged()
    {
        SpawnOutcome spawned = await SpawnAsync("sleep 0.3; echo last words; exit 3");
        Kill();
        await Task.Delay(600);
        Connect();
        Assert.True(await AdoptAsync(spawned));
        ProcessNotice exit = await _exit.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(3, exit.Code);
        Assert.Equal(["last words\n"], Lines());
    }

    [Fact]
    public async Task Input_goes_on_and_ends_after_the_death_of_the_keeper()
    {
        SpawnOutcome spawned = await SpawnAsync("cat; echo end", StdioFlags.Input);
        Kill();
        Connect();
        Assert.True(await AdoptAsync(spawned));
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (ours)
        {
            using (theirs)
                await _client.AttachAsync("c", theirs, AttachFlags.Input | AttachFlags.Output | AttachFlags.CloseInputAtEnd);
            ours.Write("hello\n"u8);
            _ = Socket.TryShutdown(ours, 1);
            Assert.Equal("hello\nend\n", await Task.Run(() => KeeperFixture.ReadAll(ours)));
        }
        Assert.Equal(0, (await _exit.Task.WaitAsync(TimeSpan.FromSeconds(10))).Code);
    }

    [Fact]
    public async Task A_terminal_stays_after_the_death_of_the_keeper()
    {
        SpawnOutcome spawned = await SpawnAsync("read line; echo got $line; exit 5", StdioFlags.Terminal, spec => spec.Process!.Terminal = true);
        Kill();
        Connect();
        Assert.True(await AdoptAsync(spawned));
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (ours)
        {
            using (theirs)
                await _client.AttachAsync("c", theirs, AttachFlags.Input | AttachFlags.Output);
            ours.Write("word\n"u8);
            Assert.Contains("got word", await Task.Run(() => KeeperFixture.ReadAll(ours)), StringComparison.Ordinal);
        }
        Assert.Equal(5, (await _exit.Task.WaitAsync(TimeSpan.FromSeconds(10))).Code);
    }

    [Fact]
    public async Task A_stream_across_restarts_carries_the_next_process_too()
    {
        (FileDescriptor ours, FileDescriptor theirs) = Socket.Pair(Socket.SOCK_STREAM);
        using (ours)
        {
            using (theirs)
                await _client.AttachAsync("c", theirs, AttachFlags.Output | AttachFlags.AcrossRestarts);
            for (int run = 1; run <= 2; run++)
            {
                _exit = new TaskCompletionSource<ProcessNotice>(TaskCreationOptions.RunContinuationsAsynchronously);
                (await SpawnAsync($"echo run {run}")).PidFd!.Dispose();
                _ = await _exit.Task.WaitAsync(TimeSpan.FromSeconds(10));
                await _client.ForgetAsync("c", keepStreams: run == 1);
            }
            Assert.Equal("run 1\nrun 2\n", await Task.Run(() => KeeperFixture.ReadAll(ours)));
        }
    }

    [Fact]
    public async Task A_call_at_the_moment_at_which_the_keeper_dies_is_told_that_it_is_gone()
    {
        for (int deaths = 0; deaths < 20; deaths++)
        {
            KeeperClient client = _client;
            Task<TareException>[] calls = [.. Enumerable.Range(0, 4).Select(number => Task.Run(async () =>
            {
                while (true)
                {
                    try
                    {
                        Assert.Empty(await client.ListAsync());
                    }
                    catch (TareException error)
                    {
                        return error;
                    }
                }
            }))];
            await Task.Delay(Random.Shared.Next(5));
            Kill();
            foreach (TareException error in await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(10)))
                Assert.Equal(ErrorKind.Unavailable, error.Kind);
            await client.ForgetAsync("nothing");
            Connect();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        Kill();
        _held.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private async Task<SpawnOutcome> SpawnAsync(string script, StdioFlags stdio = 0, Action<RuntimeSpec>? change = null)
    {
        RuntimeSpec spec = KeeperFixture.Spec("sh", "-c", script);
        change?.Invoke(spec);
        using FileDescriptor root = Overlay.Mount([Path.Combine(_root, "lower")], Path.Combine(_root, "upper"), Path.Combine(_root, "work"), isVolatile: false);
        CompiledContainer compiled = ContainerCompiler.Compile(spec, new CompileContext { Root = 0, Anchor = Path.Combine(_root, "anchor"), OwnsStandardStreams = stdio != StdioFlags.Terminal });
        using FileDescriptor program = compiled.Program.ToMemoryFile();
        using FileDescriptor logs = OpenLogs();
        SpawnOutcome outcome = await _client.SpawnAsync(new SpawnRequest
        {
            Key = "c",
            Program = program,
            Namespaces = compiled.Namespaces,
            Passed = [root],
            Stdio = stdio,
            Log = (logs, Bounds),
        });
        Assert.True(outcome.Started, outcome.Started ? "" : compiled.Explain(outcome.FailedOperation, outcome.Errno).Error.Message);
        return outcome;
    }

    private async Task<bool> AdoptAsync(SpawnOutcome spawned)
    {
        using FileDescriptor logs = OpenLogs();
        return await _client.AdoptAsync(new AdoptRequest { Key = "c", Pid = spawned.Pid, PidFd = spawned.PidFd!, Log = (logs, Bounds) });
    }

    private static LogOptions Bounds => new("c.log", 1 << 20, 3);

    private FileDescriptor OpenLogs() => Fcntl.Open(Path.Combine(_root, "logs"), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);

    private IEnumerable<string> Lines() => File.ReadLines(Path.Combine(_root, "logs", "c.log"))
        .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("log").GetString()!);

    private void Kill()
    {
        _keeper.Kill();
        _keeper.WaitForExit();
    }

    private void Connect()
    {
        string socket = Path.Combine(_root, "keeper.sock");
        _keeper = System.Diagnostics.Process.Start(new ProcessStartInfo(Binaries.Path("tare-keeper")) { ArgumentList = { "--socket", socket, "--init", Binaries.Path("tare-init") } })!;
        Stopwatch waited = Stopwatch.StartNew();
        KeeperClient? client;
        while ((client = KeeperClient.TryConnect(socket, _held)) is null)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), "the keeper does not listen");
            Thread.Sleep(2);
        }
        _client = client;
        _client.Exited += notice => _exit.TrySetResult(notice);
        _client.Begin();
    }
}
