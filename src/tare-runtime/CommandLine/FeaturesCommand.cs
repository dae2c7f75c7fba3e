using System.Text.Json;
using Tare.Runtime;

namespace Tare.Runtime.CommandLine;

/// <summary>`features`: what this version does, truthfully (features.md of the runtime specification).</summary>
internal static class FeaturesCommand
{
    private static readonly string[] Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "uts"];
    private static readonly string[] SeccompActions = ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"];
    private static readonly string[] Operators = ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"];

    public static int Run()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersionMin", "1.0.0");
            json.WriteString("ociVersionMax", "1.3.0");
            List(json, "hooks", []);
            List(json, "mountOptions", MountOptions.Known);
            json.WriteStartObject("linux");
            List(json, "namespaces", Namespaces);
            List(json, "capabilities", Capability.All);
            Flags(json, "cgroup", ("v1", true), ("v2", true), ("systemd", false), ("systemdUser", false), ("rdma", false));
            json.WriteStartObject("seccomp");
            json.WriteBoolean("enabled", true);
            List(json, "actions", SeccompActions);
            List(json, "operators", Operators);
            json.WriteEndObject();
            Flags(json, "apparmor", ("enabled", false));
            Flags(json, "selinux", ("enabled", false));
            Flags(json, "intelRdt", ("enabled", false));
            json.WriteStartObject("mountExtensions");
            Flags(json, "idmap", ("enabled", false));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        Report.Print(stream.ToArray());
        Report.Print("\n");
        return 0;
    }

    private static void List(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void Flags(Utf8JsonWriter json, string name, params (string Key, bool Value)[] flags)
    {
        json.WriteStartObject(name);
        foreach ((string key, bool value) in flags)
            json.WriteBoolean(key, value);
        json.WriteEndObject();
    }
}
