using System.Text;
using System.Text.RegularExpressions;

namespace Tare.Tests.EndToEnd.Clients;

/// <summary>The stock docker command line asks Tare and a real dockerd the same, and nobody can tell the answers apart but where commands.txt says so.</summary>
public sealed partial class DockerPeerTests : IDisposable
{
    // First: where there is no dockerd, no engine stays behind.
    private readonly DockerDaemon _peer = new();
    private readonly Engine _engine = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("tare-answers-").FullName;

    [Fact]
    public async Task Commands_answer_as_they_do_on_dockerd()
    {
        _engine.LoadBusybox();
        Line[] lines = [.. (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "tests/EndToEnd/Clients/commands.txt"))).Where(l => l.Length > 0 && l[0] != '#').Select(Line.Parse)];
        Answer[][] answers = await Task.WhenAll(Task.Run(() => Ask(_engine.Host, lines)), Task.Run(() => Ask(_peer.Host, lines)));
        StringBuilder differences = new();
        for (int i = 0; i < lines.Length; i++)
        {
            (Line line, Answer tare, Answer docker) = (lines[i], answers[0][i], answers[1][i]);
            bool same = tare == docker;
            bool expected = line.Mark switch { '~' => !same && tare.Code == docker.Code, '!' => !same && tare.Code != docker.Code, _ => same };
            if (!expected)
                _ = differences.Append($"$ {line.Command}\n{(same ? "is the same now: take the mark away\n" : "")}--- dockerd\n{docker.Text}\n({docker.Code})\n--- tare\n{tare.Text}\n({tare.Code})\n\n");
        }
        Assert.True(differences.Length == 0, differences.ToString());
    }

    public void Dispose()
    {
        _engine.Dispose();
        _peer.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Answer[] Ask(string host, Line[] lines) => [.. lines.Select(line =>
    {
        Result result = Repository.Run("sh", ["-c", line.Command], seconds: 60, environment: new()
        {
            ["DOCKER_HOST"] = host,
            ["DOCKER_CONFIG"] = Path.Combine(_directory, "config"),
            // What both speak.
            ["DOCKER_API_VERSION"] = "1.41",
            ["DIR"] = _directory,
        });
        return new Answer(result.Code, Normalize(result.Output + "\n" + result.Error.ToLowerInvariant()));
    })];

    private static string Normalize(string text)
    {
        text = Identifiers().Replace(text, "<id>");
        text = Times().Replace(text, "$1<time>");
        return text.Replace("\0", "", StringComparison.Ordinal).Trim();
    }

    [GeneratedRegex(@"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")]
    private static partial Regex Identifiers();

    [GeneratedRegex(@"(Exited \(\d+\) |Up |Created )(About |Less than )?(a |an )?[0-9a-z]* ?(seconds?|minutes?)( ago)?")]
    private static partial Regex Times();

    private sealed record Answer(int Code, string Text);

    private sealed record Line(char Mark, string Command)
    {
        public static Line Parse(string text) => text[0] is '~' or '!' ? new Line(text[0], text[(text.IndexOf(" | ", StringComparison.Ordinal) + 3)..]) : new Line(' ', text);
    }
}
