using System.Text;
using System.Text.RegularExpressions;

namespace Tare.Tests.EndToEnd.Clients;

/// <summary>
/// tare and the stock docker command line do the same on one engine, one after the other, and print the same to the letter: tables, templates, JSON,
/// errors and exit codes; but where client-differences.txt says so.
/// </summary>
public sealed partial class TareCommandTests : IDisposable
{
    private readonly Engine _engine = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-client-").FullName;

    [Fact]
    public async Task Tare_prints_what_docker_prints()
    {
        string[] lines = [.. (await Read("commands.txt")).Concat(await Read("formats.txt"))];
        HashSet<string> different = [.. await Read("client-differences.txt")];
        Answer[] docker = Ask("docker", lines);
        Answer[] tare = Ask(Repository.Program("tare"), lines);
        StringBuilder report = new();
        for (int i = 0; i < lines.Length; i++)
        {
            bool same = docker[i] == tare[i];
            if (same == different.Contains(lines[i]))
                _ = report.Append($"$ {lines[i]}\n{(same ? "is the same now: take it out of client-differences.txt\n" : "")}--- docker ({docker[i].Code})\n{docker[i].Text}\n--- tare ({tare[i].Code})\n{tare[i].Text}\n\n");
        }
        Assert.True(report.Length == 0, report.ToString());
        Assert.Empty(different.Except(lines));
    }

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Commands without the marks that concern other engines.</summary>
    private static async Task<IEnumerable<string>> Read(string name) =>
        (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "tests/EndToEnd/Clients", name)))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line[0] is '~' or '!' ? line[(line.IndexOf(" | ", StringComparison.Ordinal) + 3)..] : line);

    private Answer[] Ask(string program, string[] lines)
    {
        Empty();
        _engine.LoadBusybox();
        Dictionary<string, string> environment = new(_engine.ClientEnvironment)
        {
            ["DIR"] = Path.Combine(_directory, Path.GetFileName(program)),
            ["SINCE"] = FormattableString.Invariant($"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000m:F9}"),
        };
        _ = Directory.CreateDirectory(environment["DIR"]);
        return [.. lines.Select(line =>
        {
            Result result = Repository.Run("sh", ["-c", $"docker() {{ {(program == "docker" ? "command docker" : program)} \"$@\"; }}; {line}"], seconds: 60, environment: environment);
            return new Answer(result.Code, Normalize(result.Output + "\n" + result.Error));
        })];
    }

    private void Empty()
    {
        foreach (string id in _engine.Tare("ps", "-aq").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _ = _engine.Tare("rm", "-fv", id);
        _ = _engine.Tare("network", "prune", "-f");
        _ = _engine.Tare("volume", "prune", "-af");
        _ = _engine.Tare("image", "prune", "-af");
    }

    private string Normalize(string text)
    {
        text = text.Replace(_directory + "/docker", "<dir>", StringComparison.Ordinal).Replace(_directory + "/tare", "<dir>", StringComparison.Ordinal);
        text = text.Replace("docker", "tare", StringComparison.Ordinal).Replace("Docker", "Tare", StringComparison.Ordinal);
        text = Identifiers().Replace(text, "<id>");
        text = Moments().Replace(text, "<moment>");
        text = EventTimes().Replace(text, "\"time\"");
        text = Processes().Replace(text, "<pid> ");
        // Ages and what is padded because of them.
        text = Ages().Replace(text, "<age> ");
        return Padding().Replace(text, "<age>  ").Replace("\0", "", StringComparison.Ordinal).Trim();
    }

    [GeneratedRegex(@"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")]
    private static partial Regex Identifiers();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?|\b\d\d:\d\d\b")]
    private static partial Regex Moments();

    [GeneratedRegex(@"""time(Nano)?"":\d+")]
    private static partial Regex EventTimes();

    [GeneratedRegex(@"\b\d{2,7} {2,}(?=\d|sleep|\n)|(?<=root +)\d+ +")]
    private static partial Regex Processes();

    [GeneratedRegex(@"(About |Less than )?(a |an )?\d* ?(seconds?|minutes?|hours?|days?)( ago)?( \(health: starting\)| \(healthy\))? ?|(?<=CREATED|STATUS) +")]
    private static partial Regex Ages();

    [GeneratedRegex(@"<age> +")]
    private static partial Regex Padding();

    private sealed record Answer(int Code, string Text);
}
