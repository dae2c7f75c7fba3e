namespace Tare.Tests.EndToEnd;

/// <summary>What shells offer when a key is pressed, and the manual pages.</summary>
[Collection(SharedEngineCollection.Name)]
public sealed class CompletionTests(SharedEngine shared)
{
    private readonly Engine _engine = shared.Engine;

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void A_shell_completes_commands_options_and_names(string shell)
    {
        string name = "completed" + Guid.NewGuid().ToString("N")[..6];
        _engine.Tare("run", "-d", "--name", name, "busybox", "sleep", "100").Ok();
        Assert.Equal(["run"], Complete(shell, "tare ru"));
        Assert.Equal(["logs", "ls"], Complete(shell, "tare container l").Order(StringComparer.Ordinal));
        Assert.Contains("--network-alias", Complete(shell, "tare run --net"));
        Assert.Contains(name, Complete(shell, "tare exec " + name[..^2]));
        Assert.Contains(name, Complete(shell, "tare rm -f " + name[..^2]));
        Assert.Contains("bridge", Complete(shell, "tare run --network bri"));
        Assert.Contains(shell == "bash" ? "latest" : "busybox:latest", Complete(shell, "tare run busybox:la"));
        _engine.Tare("rm", "-f", name).Ok();
    }

    [Fact]
    public void Names_are_offered_where_they_fit_and_an_engine_that_is_away_offers_none()
    {
        string[] Words(params string[] line) => _engine.Tare(["__complete", .. line]).Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("busybox", Words("run", "busy"));
        Assert.Empty(Words("run", "busybox", "busy"));
        Assert.Contains("unless-stopped", Words("run", "--restart", ""));
        Assert.Equal(["--restart=always"], Words("run", "--restart=al"));
        Assert.Contains("bridge", Words("network", "connect", ""));
        Assert.Empty(Words("-H", "unix:///nowhere", "rm", ""));
        Assert.Equal(["completion", "container", "context"], Words("-H", _engine.Host, "co").Where(word => word != "commit"));
    }

    [Fact]
    public void Manual_pages_are_written_for_every_command()
    {
        string directory = Path.Combine(_engine.Root, "man");
        Directory.CreateDirectory(directory);
        _engine.Tare("man", directory).Ok();
        Assert.True(Directory.GetFiles(directory).Length > 80);
        string text = Repository.Run("sh", ["-c", $"man -l -P cat {directory}/tare-run.1 2>&1"], environment: new() { ["MANWIDTH"] = "100" }).Ok();
        Assert.Matches("NAME\n +tare-run - Create and run a new container from an image", text);
        Assert.Contains("--network-alias list", text);
        Assert.Contains("tare-container-ls", File.ReadAllText(Path.Combine(directory, "tare-container.1")).Replace("\\-", "-", StringComparison.Ordinal));
        Assert.Contains("no directory", _engine.Tare("man", directory + "/none").Error);
    }

    /// <summary>What the shell itself would offer after loading the script.</summary>
    private string[] Complete(string shell, string line)
    {
        string script = Path.Combine(_engine.Root, "completion." + shell);
        File.WriteAllText(script, _engine.Tare("completion", shell).Ok());
        string path = $"PATH={Path.GetDirectoryName(Repository.Program("tare"))}:$PATH";
        string program = shell switch
        {
            "bash" => $"{path}; . {script}; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; _tare; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            "fish" => $"set -x PATH {Path.GetDirectoryName(Repository.Program("tare"))} $PATH; source {script}; complete -C '{line}'",
            // zsh completes in a terminal only: a second one is driven through a pseudo terminal, and told to show what it has found.
            _ => $$"""
                zmodload zsh/zpty
                zpty z zsh -f -i
                zpty -w z "{{path}}; PS1=; autoload -Uz compinit; compinit -u -d {{_engine.Root}}/zcompdump; source {{script}}; compadd() { [[ \$1 == -a ]] && { local w; for w in \${(P)2}; do [[ \$w == \${PREFIX}* ]] && print -r -- FOU\"\"ND:\$w; done }; builtin compadd \"\$@\" }; echo LOADED"
                while zpty -r z l; do [[ $l == *LOADED* && $l != *echo* ]] && break; done
                zpty -w -n z $'{{line}}\t'
                while zpty -r -t z l || { sleep 0.1; (( ++n < 12 )) }; do [[ $l == *FOUND:* ]] && print -r -- "${l#*FOUND:}"; l=; done
                zpty -d z
                """,
        };
        Result result = _engine.Run(shell, ["-c", program]);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim().Split('\t')[0]).Distinct()];
    }
}
