using System.Text.Json;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>--security-opt: reads a seccomp profile on the client's side and turns systempaths=unconfined into empty path lists.</summary>
internal static class SecurityOption
{
    public static void Apply(List<string> options, HostConfig host)
    {
        var passed = new List<string>();
        foreach (string option in options)
        {
            int at = option.AsSpan().IndexOfAny('=', ':');
            string key = at < 0 ? option : option[..at];
            string value = at < 0 ? "" : option[(at + 1)..];
            if (at < 0 && key is not ("no-new-privileges" or "writable-cgroups"))
                throw TareException.Invalid($"Invalid --security-opt: \"{option}\"");
            switch (key)
            {
                case "systempaths" when value == "unconfined":
                    host.MaskedPaths = [];
                    host.ReadonlyPaths = [];
                    break;
                case "seccomp" when value is not ("unconfined" or "builtin"):
                    passed.Add("seccomp=" + ReadProfile(value));
                    break;
                default:
                    passed.Add(at < 0 ? key : $"{key}={value}");
                    break;
            }
        }
        host.SecurityOpt = passed.Count > 0 ? passed : null;
    }

    private static string ReadProfile(string path)
    {
        try
        {
            using var stream = new MemoryStream(File.ReadAllBytes(path));
            using JsonDocument profile = JsonDocument.Parse(stream);
            using var compact = new MemoryStream();
            using (var writer = new Utf8JsonWriter(compact))
                profile.WriteTo(writer);
            return System.Text.Encoding.UTF8.GetString(compact.ToArray());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw TareException.Invalid($"opening seccomp profile ({path}) failed: open {path}: {(error is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : error.Message)}");
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"compacting json for seccomp profile ({path}) failed: {error.Message}");
        }
    }
}
