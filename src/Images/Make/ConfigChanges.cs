using System.Text.Json;
using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Images.Make;

/// <summary>The Dockerfile instructions that commit and import accept with --change, applied to a config. Pure.</summary>
public static class ConfigChanges
{
    /// <summary>Applies the instructions in order; one that is unknown or malformed is InvalidArgument. Variables are not expanded.</summary>
    public static ImageRunConfig Apply(ImageRunConfig config, IEnumerable<string> changes)
    {
        foreach (string line in changes.SelectMany(c => c.Split('\n')).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            int space = line.IndexOfAny([' ', '\t']);
            string instruction = (space < 0 ? line : line[..space]).ToUpperInvariant();
            string rest = space < 0 ? "" : line[(space + 1)..].Trim();
            if (rest.Length == 0)
                throw TareException.Invalid($"{instruction} requires at least one argument");
            config = Apply(config, instruction, rest);
        }
        return config;
    }

    private static ImageRunConfig Apply(ImageRunConfig config, string instruction, string rest) => instruction switch
    {
        "CMD" => config with { Cmd = Command(config, rest), ArgsEscaped = false },
        "ENTRYPOINT" => config with { Entrypoint = Command(config, rest) },
        "ENV" => config with { Env = SetEnvironment(config.Env, ConfigWords.Pairs(instruction, rest)) },
        "LABEL" => config with { Labels = SetLabels(config.Labels, ConfigWords.Pairs(instruction, rest)) },
        "EXPOSE" => config with { ExposedPorts = Union(config.ExposedPorts, ConfigWords.Split(rest).SelectMany(ConfigPorts.Parse)) },
        "VOLUME" => config with { Volumes = Union(config.Volumes, JsonArray(rest) ?? ConfigWords.Split(rest)) },
        "USER" => config with { User = ConfigWords.Single(instruction, rest) },
        "WORKDIR" => config with { WorkingDir = WorkingDirectory(config.WorkingDir, ConfigWords.Single(instruction, rest)) },
        "STOPSIGNAL" => config with { StopSignal = ConfigWords.Single(instruction, rest) },
        "ONBUILD" => config with { OnBuild = [.. config.OnBuild ?? [], OnBuild(rest)] },
        "HEALTHCHECK" => config with { Healthcheck = ConfigHealthcheck.Parse(rest, command => Command(config, command), JsonArray) },
        _ => throw TareException.Invalid($"{instruction.ToLowerInvariant()} is not a valid change command"),
    };

    private static string[] Command(ImageRunConfig config, string rest) => JsonArray(rest) ?? [.. config.Shell ?? ["/bin/sh", "-c"], rest];

    private static string[]? JsonArray(string text)
    {
        if (!text.StartsWith('['))
            return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String)
                ? [.. document.RootElement.EnumerateArray().Select(e => e.GetString()!)] : null;
        }
        catch (JsonException)
        {
            // As in a Dockerfile: what is no JSON is the shell's to read.
            return null;
        }
    }

    private static string[] SetEnvironment(string[]? environment, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var result = new List<string>(environment ?? []);
        foreach ((string key, string value) in pairs)
        {
            int place = result.FindIndex(e => e.StartsWith(key + "=", StringComparison.Ordinal));
            if (place >= 0)
                result[place] = $"{key}={value}";
            else
                result.Add($"{key}={value}");
        }
        return [.. result];
    }

    private static Dictionary<string, string> SetLabels(Dictionary<string, string>? labels, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var result = new Dictionary<string, string>(labels ?? []);
        foreach ((string key, string value) in pairs)
            result[key] = value;
        return result;
    }

    private static Dictionary<string, EmptyObject> Union(Dictionary<string, EmptyObject>? set, IEnumerable<string> added)
    {
        var result = new Dictionary<string, EmptyObject>(set ?? []);
        foreach (string key in added)
            result[key] = EmptyObject.Value;
        return result;
    }

    private static string WorkingDirectory(string? current, string path) =>
        path.StartsWith('/') ? path : $"{(string.IsNullOrEmpty(current) ? "" : current.TrimEnd('/'))}/{path}";

    private static string OnBuild(string rest)
    {
        string trigger = rest.Split(' ', '\t')[0].ToUpperInvariant();
        return trigger is "ONBUILD" or "FROM" or "MAINTAINER" ? throw TareException.Invalid($"{trigger} isn't allowed as an ONBUILD trigger") : rest;
    }
}
