using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>A case for each field of the OCI runtime specification 1.3, and the words that the tables are written in.</summary>
internal static partial class RuntimeSpecCases
{
    /// <summary>A directory of the host with a file, and a file system mounted in it; shared, so that propagation can be seen.</summary>
    public const string HostDirectory = "/tmp/tare-spec-host/dir";

    public static IReadOnlyList<RuntimeSpecCase> All { get; } = [.. Process(), .. Mounts(), .. Linux(), .. Resources()];

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;

    private static void Add(JsonNode list, string value) => list.AsArray().Add(JsonValue.Create(value));

    private static void Mount(JsonNode s, string mount) => s["mounts"]!.AsArray().Add(Json(mount));

    private static string Bind(string destination, params string[] options) =>
        $"{{\"destination\":\"{destination}\",\"type\":\"none\",\"source\":\"{HostDirectory}\",\"options\":[{string.Join(',', options.Select(o => $"\"{o}\""))}]}}";

    private static void Namespace(JsonNode s, string type) => s["linux"]!["namespaces"]!.AsArray().Add(Json($"{{\"type\":\"{type}\"}}"));

    /// <summary>A user namespace whose root is another id of the host; its files must be the user's own to be written.</summary>
    private static void Userns(JsonNode s, int hostId)
    {
        Namespace(s, "user");
        foreach (string map in new[] { "uidMappings", "gidMappings" })
            s["linux"]![map] = Json($"[{{\"containerID\":0,\"hostID\":{hostId},\"size\":65536}}]");
    }

    private static void Resources(JsonNode s, string resources)
    {
        JsonNode all = Json(resources);
        all["devices"] = Json("""[{"allow":false,"access":"rwm"}]""");
        s["linux"]!["resources"] = all;
    }

    private static void Disk(JsonNode s)
    {
        s["linux"]!["devices"] = Json("""[{"type":"b","path":"/dev/disk","major":7,"minor":0,"fileMode":438}]""");
        s["linux"]!["resources"] = Json("""{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"b","major":7,"minor":0,"access":"r"}]}""");
    }

    private static void Throttle(JsonNode s, string field, int rate)
    {
        string[] disk = File.ReadAllText(Directory.GetDirectories("/sys/block").Select(d => d + "/dev").First(d => d.Contains("vd", StringComparison.Ordinal) || d.Contains("sd", StringComparison.Ordinal) || d.Contains("nvme", StringComparison.Ordinal))).Trim().Split(':');
        Resources(s, $"{{\"blockIO\":{{\"{field}\":[{{\"major\":{disk[0]},\"minor\":{disk[1]},\"rate\":{rate}}}]}}}}");
    }

    private static void Seccomp(JsonNode s, string seccomp) => s["linux"]!["seccomp"] = Json(seccomp);

    /// <summary>Sets one set, or all but the inheritable and ambient one with "*" (ambient ones need all five).</summary>
    private static void Capabilities(JsonNode s, string set, params string[] names)
    {
        JsonArray List() => new([.. names.Select(n => JsonValue.Create(n))]);
        s["process"]!["capabilities"] = set != "*" ? new JsonObject { [set] = List() } : new JsonObject
        {
            ["bounding"] = List(),
            ["effective"] = List(),
            ["permitted"] = List(),
            ["inheritable"] = List(),
            ["ambient"] = List(),
        };
    }
}
