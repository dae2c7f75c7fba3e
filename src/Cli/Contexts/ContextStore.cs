using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Contexts;

/// <summary>A named engine.</summary>
internal sealed record EngineContext(string Name, string Description, string Host);

/// <summary>Contexts in Docker's place and format: ~/.docker/config.json, ~/.docker/contexts/meta/&lt;sha256 of the name&gt;/meta.json, and TLS files in contexts/tls.</summary>
internal sealed class ContextStore(Func<string, string?> environment)
{
    private string Root => environment("DOCKER_CONFIG") is { Length: > 0 } root ? root : Path.Combine(environment("HOME") ?? "/root", ".docker");

    private string ConfigPath => Path.Combine(Root, "config.json");

    private string MetaRoot => Path.Combine(Root, "contexts", "meta");

    /// <summary>currentContext of the configuration, or null.</summary>
    public string? Current()
    {
        if (!File.Exists(ConfigPath))
            return null;
        string? name = ReadObject(ConfigPath)["currentContext"]?.GetValue<string>();
        return string.IsNullOrEmpty(name) ? null : name;
    }

    /// <summary>Writes currentContext; null or "default" removes it.</summary>
    public void Use(string? name)
    {
        if (name is not (null or EngineChoice.DefaultContext))
            _ = Read(name);
        JsonObject config = File.Exists(ConfigPath) ? ReadObject(ConfigPath) : [];
        _ = config.Remove("currentContext");
        if (name is not (null or EngineChoice.DefaultContext))
            config["currentContext"] = name;
        Write(ConfigPath, config);
    }

    /// <summary>The context of this name; throws NotFound.</summary>
    public EngineContext Read(string name)
    {
        string path = Path.Combine(Folder(name), "meta.json");
        if (!File.Exists(path))
            throw TareException.NotFound($"context \"{name}\": context not found: open {path}: no such file or directory");
        return Convert(ReadObject(path));
    }

    /// <summary>The file of a context, as it is.</summary>
    public JsonObject ReadRaw(string name)
    {
        _ = Read(name);
        return ReadObject(Path.Combine(Folder(name), "meta.json"));
    }

    /// <summary>All contexts by name, without the default one.</summary>
    public List<EngineContext> List()
    {
        if (!Directory.Exists(MetaRoot))
            return [];
        IEnumerable<string> files = Directory.EnumerateDirectories(MetaRoot).Select(d => Path.Combine(d, "meta.json")).Where(File.Exists);
        return [.. files.Select(f => Convert(ReadObject(f))).OrderBy(c => c.Name, StringComparer.Ordinal)];
    }

    /// <summary>The TLS files of a context, or null when it has none.</summary>
    public TlsFiles? Tls(string name)
    {
        string directory = TlsFolder(name);
        bool skipVerify = ReadRaw(name)["Endpoints"]?["docker"]?["SkipTLSVerify"]?.GetValue<bool>() == true;
        return Directory.Exists(directory) ? TlsFiles.In(directory, !skipVerify) : skipVerify ? new TlsFiles(null, null, null, false) : null;
    }

    /// <summary>Adds a context; its TLS files are copied.</summary>
    public void Create(EngineContext context, TlsFiles? tls = null)
    {
        if (context.Name == EngineChoice.DefaultContext)
            throw TareException.Invalid("\"default\" is a reserved context name");
        if (context.Name.Length == 0 || !char.IsAsciiLetterOrDigit(context.Name[0]) || context.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '+' or '-')))
            throw TareException.Invalid($"context name \"{context.Name}\" is invalid, names are validated against regexp \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\"");
        string folder = Folder(context.Name);
        if (Directory.Exists(folder))
            throw TareException.Conflict($"context \"{context.Name}\" already exists");
        Write(Path.Combine(folder, "meta.json"), new JsonObject
        {
            ["Name"] = context.Name,
            ["Metadata"] = context.Description.Length > 0 ? new JsonObject { ["Description"] = context.Description } : new JsonObject(),
            ["Endpoints"] = new JsonObject { ["docker"] = new JsonObject { ["Host"] = context.Host, ["SkipTLSVerify"] = tls is { Verify: false } } },
        });
        foreach ((string name, string? file) in (ReadOnlySpan<(string, string?)>)[("ca.pem", tls?.Authority), ("cert.pem", tls?.Certificate), ("key.pem", tls?.Key)])
        {
            if (file is null)
                continue;
            _ = Directory.CreateDirectory(TlsFolder(context.Name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Copy(file, Path.Combine(TlsFolder(context.Name), name), overwrite: true);
        }
    }

    /// <summary>Removes a context that is not in use.</summary>
    public void Remove(string name, bool force)
    {
        if (name == EngineChoice.DefaultContext)
            throw TareException.Invalid("context \"default\" cannot be removed");
        _ = Read(name);
        bool current = Current() == name;
        if (current && !force)
            throw TareException.Conflict($"context \"{name}\" is in use, set another context as the current, or use -f to force remove");
        if (current)
            Use(null);
        Directory.Delete(Folder(name), recursive: true);
        if (Directory.Exists(TlsFolder(name)))
            Directory.Delete(Path.GetDirectoryName(TlsFolder(name))!, recursive: true);
    }

    /// <summary>Where a context's files are.</summary>
    public string Folder(string name) => Path.Combine(MetaRoot, Key(name));

    /// <summary>Where its TLS files are.</summary>
    public string TlsFolder(string name) => Path.Combine(Root, "contexts", "tls", Key(name), "docker");

    private static string Key(string name) => System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private static EngineContext Convert(JsonObject meta) => new(
        meta["Name"]?.GetValue<string>() ?? "",
        meta["Metadata"]?["Description"]?.GetValue<string>() ?? "",
        meta["Endpoints"]?["docker"]?["Host"]?.GetValue<string>() ?? "");

    private static JsonObject ReadObject(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw TareException.Invalid($"{path} is not a JSON object");
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"{path} is not valid JSON", error);
        }
    }

    private static void Write(string path, JsonObject content)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 }))
            content.WriteTo(writer);
        File.Move(temporary, path, overwrite: true);
    }
}
