using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tare.EngineApi.Registries;
using Tare.Errors;

namespace Tare.Cli.Registries;

/// <summary>
/// A list of manifests for several platforms that is put together on this machine before it is pushed: a file beside Docker's configuration. Its
/// entries are OCI descriptors, each with the name that it came from. Not thread-safe.
/// </summary>
internal sealed class ManifestDraft
{
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private const string SourceKey = "source";

    private readonly string _path;
    private readonly JsonArray _entries;

    private ManifestDraft(string path, JsonArray entries) => (_path, _entries) = (path, entries);

    /// <summary>Digests of the entries by the names that they came from: "localhost:5000/x@sha256:…".</summary>
    public IEnumerable<string> Sources => _entries.Select(e => $"{Repository(e![SourceKey]!.GetValue<string>())}@{e["digest"]!.GetValue<string>()}");

    /// <summary>The draft of a name; NotFound when there is none.</summary>
    public static ManifestDraft Open(Func<string, string?> environment, string name)
    {
        string path = PathOf(environment, name);
        return File.Exists(path) ? Read(path) : throw TareException.NotFound($"no such manifest list: {name}: make it with tare manifest create");
    }

    /// <summary>A new draft; Conflict when there is one and it may not be changed.</summary>
    public static ManifestDraft Create(Func<string, string?> environment, string name, bool amend)
    {
        string path = PathOf(environment, name);
        if (!File.Exists(path))
            return new ManifestDraft(path, []);
        return amend ? Read(path) : throw TareException.Conflict($"refusing to amend an existing manifest list with no --amend flag: {name}");
    }

    /// <summary>True when there is a draft of this name.</summary>
    public static bool Exists(Func<string, string?> environment, string name) => File.Exists(PathOf(environment, name));

    /// <summary>Adds a manifest as its registry describes it, in the place of one of the same digest.</summary>
    public void Add(string source, DistributionInspect found)
    {
        if (found.Descriptor.MediaType.Contains("index", StringComparison.Ordinal) || found.Descriptor.MediaType.Contains("list", StringComparison.Ordinal))
            throw TareException.Invalid($"{source} is a manifest list itself");
        if (_entries.FirstOrDefault(e => e!["digest"]!.GetValue<string>() == found.Descriptor.Digest) is { } old)
            _ = _entries.Remove(old);
        var entry = new JsonObject { ["mediaType"] = found.Descriptor.MediaType, ["digest"] = found.Descriptor.Digest, ["size"] = found.Descriptor.Size };
        if (found.Platforms is [var platform, ..])
        {
            entry["platform"] = new JsonObject { ["architecture"] = platform.Architecture, ["os"] = platform.Os };
            if (platform.Variant is { Length: > 0 } variant)
                entry["platform"]!["variant"] = variant;
        }
        entry[SourceKey] = source;
        _entries.Add((JsonNode)entry);
    }

    /// <summary>Sets members of the platform of the entry that came from a name; null leaves one as it is.</summary>
    public void Annotate(string source, IEnumerable<(string Member, JsonNode? Value)> members)
    {
        JsonNode entry = _entries.FirstOrDefault(e => e![SourceKey]!.GetValue<string>() == source || source.EndsWith(e["digest"]!.GetValue<string>(), StringComparison.Ordinal))
            ?? throw TareException.NotFound($"{source} is not in this manifest list");
        JsonObject platform = entry["platform"] as JsonObject ?? [];
        foreach ((string member, JsonNode? value) in members.Where(m => m.Value is not null))
            platform[member] = value;
        if (platform.Parent is null)
            entry["platform"] = platform;
    }

    /// <summary>The index to be pushed.</summary>
    public byte[] Index()
    {
        var manifests = new JsonArray();
        foreach (JsonNode? entry in _entries)
        {
            var copy = (JsonObject)entry!.DeepClone();
            _ = copy.Remove(SourceKey);
            manifests.Add((JsonNode)copy);
        }
        var index = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = IndexType, ["manifests"] = manifests };
        return Encoding.UTF8.GetBytes(index.ToJsonString());
    }

    /// <summary>Keeps the draft.</summary>
    public void Save()
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        File.WriteAllText(_path, _entries.ToJsonString());
    }

    /// <summary>Ends the draft.</summary>
    public void Delete() => File.Delete(_path);

    private static ManifestDraft Read(string path)
    {
        try
        {
            return new ManifestDraft(path, JsonNode.Parse(File.ReadAllText(path)) as JsonArray ?? throw TareException.Invalid($"{path} is not a list"));
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"{path} is not valid JSON", error);
        }
    }

    private static string PathOf(Func<string, string?> environment, string name) =>
        Path.Combine(ConfigFile.Read(environment).Directory, "tare-manifests", Convert.ToHexStringLower(Encoding.UTF8.GetBytes(name)) + ".json");

    private static string Repository(string name)
    {
        int at = name.IndexOf('@', StringComparison.Ordinal);
        string bare = at < 0 ? name : name[..at];
        int colon = bare.LastIndexOf(':');
        return colon > bare.LastIndexOf('/') ? bare[..colon] : bare;
    }
}
