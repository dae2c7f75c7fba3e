using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tare.Tests.EndToEnd;

/// <summary>Which other runtimes of Debian know a field, so that their outcome must be the same.</summary>
[Flags]
public enum Peers
{
    None = 0,
    Runc = 1,
    Crun = 2,
    Both = 3,
}

/// <summary>
/// One field of the runtime specification: how a configuration sets it, a script that looks at it from inside, and what it must see. A pattern that begins
/// with "refused:" is for the error message instead; "warned:" for a warning beside a container that runs.
/// </summary>
public sealed record RuntimeSpecCase(string Field, string Script, string Pattern, Peers Peers, Action<JsonNode> Change)
{
    public override string ToString() => Field;

    internal void Check(Result result)
    {
        string[] parts = Pattern.Split(':', 2);
        string error = result.Error.Replace("\\\"", "\"", StringComparison.Ordinal); // as logged
        switch (parts[0])
        {
            case "refused":
                Assert.NotEqual(0, result.Code);
                Assert.Matches(parts[1].Trim(), error);
                break;
            case "warned":
                Assert.Equal(0, result.Code);
                Assert.Matches(parts[1].Trim(), error);
                break;
            default:
                Assert.True(Regex.IsMatch(result.Output, Pattern, RegexOptions.Singleline), $"{Field}: expected {Pattern}\noutput: {result.Output}\nerror: {result.Error}");
                break;
        }
    }
}
