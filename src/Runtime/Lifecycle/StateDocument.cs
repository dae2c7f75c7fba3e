using System.Text.Json;

namespace Tare.Runtime.Lifecycle;

/// <summary>
/// The documents that describe a container, written and read field by field: the tables that a serializer makes first cost a fresh process more than the
/// rest of `state` or `start`.
/// </summary>
public static class StateDocument
{
    /// <summary>state.json.</summary>
    public static byte[] Write(ContainerState state) => new JsonText().Begin('{')
        .Text("ociVersion", state.OciVersion)
        .Text("id", state.Id)
        .Number("pid", (ulong)state.Pid)
        .Number("startTime", state.StartTime)
        .Text("bundle", state.Bundle)
        .Text("rootfs", state.Rootfs)
        .Time("created", state.Created)
        .Text("cgroup", state.Cgroup)
        .Number("namespaces", state.Namespaces)
        .Number("mountBelow", state.MountBelow)
        .Flag("creating", state.Creating)
        .Text("scope", state.Scope)
        .Text("resctrl", state.Resctrl)
        .Text("resctrlMonitor", state.ResctrlMonitor)
        .Flag("resctrlOwned", state.OwnsResctrl)
        .Flag("rootless", state.Rootless)
        .Flag("startHooks", state.HasStartHooks)
        .Flag("stopHooks", state.HasStopHooks)
        .Number("owner", state.Owner)
        .Map("annotations", state.Annotations)
        .End('}').ToBytes();

    /// <summary>What <see cref="Write(ContainerState)"/> has written; fields of other versions are passed over. Throws <see cref="JsonException"/>.</summary>
    public static ContainerState Read(ReadOnlySpan<byte> document)
    {
        Utf8JsonReader json = new(document);
        ContainerState state = new() { Id = "", Pid = 0, StartTime = 0, Bundle = "", Rootfs = "", Created = default, Cgroup = "", Namespaces = 0 };
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("a state is an object");
        try
        {
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                state = Field(state, ref json);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new JsonException("a field of the state has the wrong type", e);
        }
        return state.Id.Length > 0 ? state : throw new JsonException("a state has an id");
    }

    private static ContainerState Field(ContainerState state, ref Utf8JsonReader json)
    {
        string name = json.GetString()!;
        _ = json.Read();
        switch (name)
        {
            case "ociVersion": return state with { OciVersion = json.GetString()! };
            case "id": return state with { Id = json.GetString()! };
            case "pid": return state with { Pid = json.GetInt32() };
            case "startTime": return state with { StartTime = json.GetUInt64() };
            case "bundle": return state with { Bundle = json.GetString()! };
            case "rootfs": return state with { Rootfs = json.GetString()! };
            case "created": return state with { Created = json.GetDateTime() };
            case "cgroup": return state with { Cgroup = json.GetString()! };
            case "namespaces": return state with { Namespaces = json.GetUInt64() };
            case "mountBelow": return state with { MountBelow = json.GetUInt64() };
            case "creating": return state with { Creating = json.GetBoolean() };
            case "scope": return state with { Scope = json.GetString() };
            case "resctrl": return state with { Resctrl = json.GetString() };
            case "resctrlMonitor": return state with { ResctrlMonitor = json.GetString() };
            case "resctrlOwned": return state with { OwnsResctrl = json.GetBoolean() };
            case "rootless": return state with { Rootless = json.GetBoolean() };
            case "startHooks": return state with { HasStartHooks = json.GetBoolean() };
            case "stopHooks": return state with { HasStopHooks = json.GetBoolean() };
            case "owner": return state with { Owner = json.GetUInt32() };
            case "annotations": return state with { Annotations = Annotations(ref json) };
            default:
                json.Skip();
                return state;
        }
    }

    /// <summary>What `state` prints.</summary>
    public static byte[] Write(ContainerReport report) => Report(new JsonText(), report).ToBytes();

    /// <summary>What `list` prints, on one line.</summary>
    public static byte[] Write(IReadOnlyList<ContainerReport> reports) =>
        reports.Aggregate(new JsonText(indented: false).Begin('['), Report).End(']').ToBytes();

    /// <summary>What a hook reads from its standard input.</summary>
    public static byte[] Write(HookState state) => Hook(new JsonText(), null, state).ToBytes();

    /// <summary>What goes to a seccomp agent together with the listener (config-linux.md#containerprocessstate).</summary>
    public static byte[] Write(string? metadata, int pid, HookState state)
    {
        JsonText json = new JsonText().Begin('{')
            .Text("ociVersion", state.OciVersion)
            .Begin('[', "fds").Text(null, "seccompFd").End(']')
            .Number("pid", (ulong)pid)
            .Text("metadata", metadata);
        return Hook(json, "state", state).End('}').ToBytes();
    }

    private static JsonText Report(JsonText json, ContainerReport report) => json.Begin('{')
        .Text("ociVersion", report.OciVersion)
        .Text("id", report.Id)
        .Number("pid", (ulong)report.Pid)
        .Text("status", report.Status)
        .Text("bundle", report.Bundle)
        .Text("rootfs", report.Rootfs)
        .Time("created", report.Created)
        .Map("annotations", report.Annotations)
        .Text("owner", report.Owner)
        .End('}');

    private static JsonText Hook(JsonText json, string? name, HookState state) => json.Begin('{', name)
        .Text("ociVersion", state.OciVersion)
        .Text("id", state.Id)
        .Text("status", state.Status)
        .Number("pid", (ulong)state.Pid)
        .Text("bundle", state.Bundle)
        .Map("annotations", state.Annotations)
        .End('}');

    private static Dictionary<string, string>? Annotations(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Null)
            return null;
        Dictionary<string, string> annotations = new(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            _ = json.Read();
            annotations[key] = json.GetString() ?? "";
        }
        return annotations;
    }
}
