using System.Text.RegularExpressions;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>Whose lines they are, as log drivers tell their readers.</summary>
/// <param name="Id">Full id of the container.</param>
/// <param name="Name">Its name.</param>
/// <param name="ImageName">What its image was asked for by.</param>
/// <param name="Tag">The text of the option "tag" with its fields filled in; the short id when none was given.</param>
/// <param name="Attributes">Labels and variables chosen by the options labels, env, labels-regex, env-regex.</param>
internal sealed record LogSource(string Id, string Name, string ImageName, string Tag, IReadOnlyDictionary<string, string> Attributes)
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>Reads a container's log options; InvalidArgument for a tag or pattern that cannot be.</summary>
    internal static LogSource Of(ContainerRecord record)
    {
        Dictionary<string, string> options = record.HostConfig.LogConfig.Config ?? [];
        string? tag = options.GetValueOrDefault("tag");
        return new LogSource(record.Id, record.Name, record.Config.Image,
            string.IsNullOrEmpty(tag) ? record.Id[..12] : LogTag.Fill(tag, field => Field(record, field)), AttributesOf(options, record.Config));
    }

    /// <summary>Labels and variables that the options choose.</summary>
    internal static Dictionary<string, string> AttributesOf(IReadOnlyDictionary<string, string> options, ContainerConfig config)
    {
        Dictionary<string, string> chosen = new(StringComparer.Ordinal);
        if (options.Count == 0)
            return chosen;
        Choose(chosen, options, "labels", config.Labels ?? []);
        if (options.ContainsKey("env") || options.ContainsKey("env-regex"))
        {
            Choose(chosen, options, "env", (config.Env ?? []).Where(entry => entry.Contains('=', StringComparison.Ordinal))
                .Select(entry => entry.Split('=', 2)).GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.Last()[1]));
        }
        return chosen;
    }

    /// <summary>Refuses a pattern that is none.</summary>
    internal static Regex Pattern(string option, string text)
    {
        try
        {
            return new Regex(text, RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (ArgumentException error)
        {
            throw TareException.Invalid($"log opt {option}: \"{text}\" is no regular expression: {error.Message}");
        }
    }

    private static void Choose(Dictionary<string, string> chosen, IReadOnlyDictionary<string, string> options, string option, Dictionary<string, string> values)
    {
        foreach (string name in (options.GetValueOrDefault(option) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (values.TryGetValue(name, out string? value))
                chosen[name] = value;
        }
        if (options.GetValueOrDefault(option + "-regex") is not { Length: > 0 } pattern)
            return;
        Regex regex = Pattern(option + "-regex", pattern);
        foreach ((string name, string value) in values)
        {
            if (Matches(regex, name))
                chosen[name] = value;
        }
    }

    private static bool Matches(Regex regex, string name)
    {
        try
        {
            return regex.IsMatch(name);
        }
        catch (RegexMatchTimeoutException)
        {
            // A pattern that takes for ever chooses nothing.
            return false;
        }
    }

    private static string? Field(ContainerRecord record, string field) => field switch
    {
        "ID" => record.Id[..12],
        "FullID" or "ContainerID" => record.Id,
        "Name" => record.Name,
        "ContainerName" => "/" + record.Name,
        "ImageID" => record.ImageId.Replace("sha256:", "", StringComparison.Ordinal) is { Length: > 12 } id ? id[..12] : record.ImageId,
        "ImageFullID" or "ContainerImageID" => record.ImageId,
        "ImageName" or "ContainerImageName" => record.Config.Image,
        "Command" => string.Join(' ', record.Command),
        "Hostname" => Environment.MachineName,
        "DaemonName" => "docker",
        _ => null,
    };
}
