using System.Text.Json;
using Tare.Errors;

namespace Tare.EngineApi.Server.Configuration;

/// <summary>Reads the configuration file: a JSON object with dockerd's key names.</summary>
internal static class DaemonFile
{
    /// <summary>The values of a file; none when it does not exist and nobody named it.</summary>
    public static SettingValues Read(string path, bool required)
    {
        var values = new SettingValues();
        if (!required && !File.Exists(path))
            return values;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw TareException.Invalid($"configuration file {path}: a JSON object is expected");
            AddAll(values, document.RootElement, path);
            return values;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw TareException.Invalid($"unable to configure the daemon with file {path}", error);
        }
    }

    private static void AddAll(SettingValues values, JsonElement root, string path)
    {
        List<string> unknown = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            Setting? setting = Setting.All.FirstOrDefault(known => known.Key == property.Name);
            if (setting is null)
            {
                unknown.Add(property.Name);
                continue;
            }
            foreach (string value in Values(setting, property.Value, path))
                values.Add(setting, value);
        }
        if (unknown.Count > 0)
            throw TareException.Invalid($"configuration file {path}: the following directives don't match any configuration option: {string.Join(", ", unknown)}");
    }

    private static IEnumerable<string> Values(Setting setting, JsonElement value, string path) => (setting.Kind, value.ValueKind) switch
    {
        (_, JsonValueKind.Null) => [],
        (SettingKind.Text, JsonValueKind.String) => [value.GetString()!],
        (SettingKind.Text, JsonValueKind.Number) => [value.GetRawText()],
        (SettingKind.Flag, JsonValueKind.True) => ["true"],
        (SettingKind.Flag, JsonValueKind.False) => ["false"],
        (SettingKind.List, JsonValueKind.Array) => [.. value.EnumerateArray().Select(Item)],
        (SettingKind.Map, JsonValueKind.Object) => [.. value.EnumerateObject().Select(member => $"{member.Name}={Item(member.Value)}")],
        _ => throw TareException.Invalid($"configuration file {path}: {setting.Key} has a value of the wrong kind"),
    };

    /// <summary>A text, or an object in the form that the option takes: key=value,key=value.</summary>
    private static string Item(JsonElement item) => item.ValueKind switch
    {
        JsonValueKind.String => item.GetString()!,
        JsonValueKind.Object => string.Join(',', item.EnumerateObject().Select(member => $"{member.Name}={Item(member.Value)}")),
        _ => item.GetRawText(),
    };
}
