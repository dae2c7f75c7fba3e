using System.Text.Json;
using System.Text.Json.Nodes;
using Tare.Errors;

namespace Tare.Cli.Registries;

/// <summary>~/.docker/config.json, or the one in DOCKER_CONFIG: read whole, written whole, so that keys of other programs stay. Not thread-safe.</summary>
internal sealed class ConfigFile
{
    private readonly string _path;

    private ConfigFile(string path, JsonObject root) => (_path, Root) = (path, root);

    /// <summary>What it holds.</summary>
    public JsonObject Root { get; }

    /// <summary>The directory it is in.</summary>
    public string Directory => Path.GetDirectoryName(_path)!;

    /// <summary>Reads it; a missing file is an empty one.</summary>
    public static ConfigFile Read(Func<string, string?> environment)
    {
        string directory = environment("DOCKER_CONFIG") is { Length: > 0 } given ? given : Path.Combine(environment("HOME") ?? "/root", ".docker");
        string path = Path.Combine(directory, "config.json");
        if (!File.Exists(path))
            return new ConfigFile(path, []);
        try
        {
            return new ConfigFile(path, JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw TareException.Invalid($"{path} is not a JSON object"));
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"{path} is not valid JSON", error);
        }
    }

    /// <summary>Writes it, readable for its owner alone, as it may hold passwords.</summary>
    public void Write()
    {
        _ = System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string temporary = _path + ".tmp";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var stream = new FileStream(temporary, options))
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 }))
            Root.WriteTo(writer);
        File.Move(temporary, _path, overwrite: true);
    }
}
