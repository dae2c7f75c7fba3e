using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>The end of a program, where nobody listens any more, the same with both builds of tare-init: the shipped one and the ordinary one.</summary>
public sealed class RuntimeInitTests : IDisposable
{
    private readonly RuntimeBundle _bundle = new();
    private readonly string _one, _two;

    public RuntimeInitTests()
    {
        (_one, _two) = (Path.Combine(_bundle.Root, "one"), Path.Combine(_bundle.Root, "two"));
        File.WriteAllText(_one, "1");
        File.WriteAllText(_two, "2");
    }

    public static TheoryData<string> Inits => ["shipped", "ordinary"];

    [Theory]
    [MemberData(nameof(Inits))]
    public void A_script_without_its_interpreter_says_so_on_its_stderr(string init)
    {
        Script("/bin/run-me", "#!/mmnnttbb foo bar\n");
        Assert.Equal((127, "exec /bin/run-me: no such file or directory\n"), Run(init, "/bin/run-me"));
        Script("/bin/run-me", "no interpreter at all\n");
        Assert.Equal((126, "exec /bin/run-me: exec format error\n"), Run(init, "/bin/run-me"));
    }

    [Theory]
    [MemberData(nameof(Inits))]
    public void A_script_found_in_PATH_without_its_interpreter_says_so_too(string init)
    {
        Script("/usr/local/bin/run-me", "#!/mmnnttbb foo bar\n");
        Assert.Equal((127, "exec /usr/local/bin/run-me: no such file or directory\n"), Run(init, "run-me"));
        Script("/usr/local/sbin/run-me", "no interpreter at all\n"); // comes before in PATH
        Assert.Equal((126, "exec /usr/local/sbin/run-me: exec format error\n"), Run(init, "run-me"));
    }

    [Theory]
    [MemberData(nameof(Inits))]
    public void A_command_that_fails_late_writes_nothing_into_preserved_descriptors(string init)
    {
        Script("/usr/local/sbin/run-me", "#!/mmnnttbb\n");
        Result run = Preserving(init, "run", "-b", _bundle.Script("", s => s["process"]!["args"] = new JsonArray("run-me")), RuntimeBundle.NewId());
        Assert.Equal((127, "exec /usr/local/sbin/run-me: no such file or directory\n"), (run.Code, run.Output + run.Error));
        string id = _bundle.Start("sleep 100");
        Result exec = Preserving(init, "exec", id, "run-me");
        Assert.Equal(255, exec.Code);
        Assert.Contains("exec failed: unable to start container process: exec: \\\"run-me\\\": executable file not found in $PATH", exec.Error);
        Assert.Contains("exec /usr/local/sbin/run-me: no such file or directory", Preserving(init, "exec", id, "/usr/local/sbin/run-me").Error);
        Assert.Equal("12", File.ReadAllText(_one) + File.ReadAllText(_two));
    }

    [Theory]
    [MemberData(nameof(Inits))]
    public void Preserved_descriptors_arrive_under_a_filter_that_allows_little(string init)
    {
        void Filter(JsonNode s)
        {
            s["process"]!["noNewPrivileges"] = true;
            s["linux"]!["seccomp"] = JsonNode.Parse("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["dup","dup2","dup3","fcntl","close_range"],"action":"SCMP_ACT_ERRNO"}]}""");
        }
        string bundle = _bundle.Write(s =>
        {
            Filter(s);
            s["process"]!["args"] = new JsonArray("cat", "/proc/self/fd/3", "/proc/self/fd/4");
        });
        Assert.Equal("12", Preserving(init, "run", "-b", bundle, RuntimeBundle.NewId()).Ok());
        string id = _bundle.Start("sleep 100", Filter);
        Assert.Equal("12", Preserving(init, "exec", id, "cat", "/proc/self/fd/3", "/proc/self/fd/4").Ok());
    }

    [Theory]
    [MemberData(nameof(Inits))]
    public void A_created_container_ends_on_SIGTERM_though_it_is_process_1(string init)
    {
        string id = RuntimeBundle.NewId();
        Repository.Run("/bin/sh", ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", Program(init), "--root", State, "create", "-b", _bundle.Script("true"), id]).Ok();
        _bundle.Tare("kill", id, "TERM").Ok();
        Wait.Until(() => _bundle.StatusOf(id) == "stopped", TimeSpan.FromSeconds(10), () => _bundle.StatusOf(id));
        _bundle.Tare("delete", id).Ok();
    }

    public void Dispose() => _bundle.Dispose();

    private string State => Path.Combine(_bundle.State, "tare-runtime");

    private void Script(string path, string text)
    {
        string file = _bundle.Rootfs + path;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.Delete(file);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, (UnixFileMode)0x1ed);
    }

    private (int Code, string Said) Run(string init, string command)
    {
        string bundle = _bundle.Script("", s => s["process"]!["args"] = new JsonArray(command));
        Result result = Repository.Run(Program(init), ["--root", State, "run", "-b", bundle, RuntimeBundle.NewId()]);
        return (result.Code, result.Output + result.Error);
    }

    /// <summary>Hands on two files that can be written to.</summary>
    private Result Preserving(string init, string command, params string[] arguments) =>
        Repository.Run("bash", ["-c", "exec 3<>$0/one 4<>$0/two; exec \"$@\"", _bundle.Root, Program(init), "--root", State, command, "--preserve-fds", "2", .. arguments]);

    /// <summary>tare-runtime takes the tare-init that lies beside it.</summary>
    private string Program(string init)
    {
        string shipped = Repository.Program("tare-runtime");
        if (init == "shipped")
            return shipped;
        string program = Path.Combine(_bundle.Root, "ordinary", "tare-runtime");
        if (!File.Exists(program))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(program)!);
            File.Copy(Path.Combine(Path.GetDirectoryName(shipped)!, "..", "fallback", "tare-init"), Path.Combine(Path.GetDirectoryName(program)!, "tare-init"));
            File.Copy(shipped, program);
        }
        return program;
    }
}
