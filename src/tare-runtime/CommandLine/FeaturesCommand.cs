using System.Text.Json;
using Tare.Runtime;

namespace Tare.Runtime.CommandLine;

/// <summary>`features`: what this version does, truthfully (features.md of the runtime specification).</summary>
internal static class FeaturesCommand
{
    private static readonly string[] Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"];
    private static readonly string[] SeccompActions = ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"];
    private static readonly string[] Architectures = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"];
    private static readonly string[] SeccompFlags =
        ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"];
    private static readonly string[] Operators = ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"];

    public static int Run()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersionMin", "1.0.0");
            json.WriteString("ociVersionMax", "1.3.0");
            List(json, "hooks", ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]);
            List(json, "mountOptions", MountOptions.Known);
            json.WriteStartObject("linux");
            List(json, "namespaces", Namespaces);
            List(json, "capabilities", Capability.All);
            Flags(json, "cgroup", ("v1", true), ("v2", true), ("systemd", true), ("systemdUser", true), ("rdma", true));
            json.WriteStartObject("seccomp");
            json.WriteBoolean("enabled", true);
            List(json, "actions", SeccompActions);
            List(json, "operators", Operators);
            List(json, "archs", Architectures);
            List(json, "knownFlags", SeccompFlags);
            List(json, "supportedFlags", SeccompFlags);
            json.WriteEndObject();
            Flags(json, "apparmor", ("enabled", true));
            Flags(json, "selinux", ("enabled", true));
            Flags(json, "intelRdt", ("enabled", true), ("schemata", true), ("enableMonitoring", true));
            json.WriteStartObject("memoryPolicy");
            List(json, "modes", MemoryPolicy.Modes);
            List(json, "flags", MemoryPolicy.Flags);
            json.WriteEndObject();
            Flags(json, "netDevices", ("enabled", true));
            json.WriteStartObject("mountExtensions");
            Flags(json, "idmap", ("enabled", true));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("annotations");
            json.WriteString("org.opencontainers.runc.checkpoint.enabled", "true");
            json.WriteString("run.tare.version", typeof(FeaturesCommand).Assembly.GetName().Version?.ToString(3));
            json.WriteEndObject();
            List(json, "potentiallyUnsafeConfigAnnotations", []);
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
