using Tare.Errors;

namespace Tare.EngineApi.Server.Configuration;

/// <summary>The values that one source, the command line or the file, gives to settings, by the settings' option names.</summary>
public sealed class SettingValues
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    /// <summary>The options that have values.</summary>
    public IEnumerable<string> Options => _values.Keys;

    /// <summary>All values of an option.</summary>
    public IReadOnlyList<string> this[string option] => _values.TryGetValue(option, out List<string>? found) ? found : [];

    /// <summary>The last value of an option, or null.</summary>
    public string? Text(string option) => _values.TryGetValue(option, out List<string>? found) ? found[^1] : null;

    /// <summary>True when an option is on.</summary>
    public bool Flag(string option) => Text(option) == "true";

    /// <summary>Adds a value; a flag's must be true or false.</summary>
    public void Add(Setting setting, string value)
    {
        if (setting.Kind == SettingKind.Flag && value is not ("true" or "false"))
            throw TareException.Invalid($"invalid value \"{value}\" for --{setting.Option}: true or false is expected");
        if (setting.Kind == SettingKind.Map && !value.Contains('=', StringComparison.Ordinal))
            throw TareException.Invalid($"invalid value \"{value}\" for --{setting.Option}: key=value is expected");
        if (!_values.TryGetValue(setting.Option, out List<string>? list))
            _values[setting.Option] = list = [];
        list.Add(value);
    }

    /// <summary>Reads arguments: --option value, --option=value, -o value, -ovalue for values, --flag and --flag=false for flags.</summary>
    public static SettingValues FromArguments(IReadOnlyList<string> arguments)
    {
        var values = new SettingValues();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith('-') || argument.Length < 2)
                throw TareException.Invalid($"\"{argument}\" is not understood: tared takes options only, see tared --help");
            (Setting setting, string? value) = Find(argument);
            if (value is null && setting.Kind != SettingKind.Flag)
                value = ++i < arguments.Count ? arguments[i] : throw TareException.Invalid($"flag needs an argument: {argument}");
            values.Add(setting, value ?? "true");
        }
        return values;
    }

    /// <summary>The values of the command line on top of the file's; one setting in both is refused, because which one was meant cannot be known.</summary>
    public static SettingValues Merge(SettingValues arguments, SettingValues file, string path)
    {
        List<string> both = [.. arguments.Options.Intersect(file.Options).Order(StringComparer.Ordinal)];
        if (both.Count > 0)
        {
            IEnumerable<string> each = both.Select(option =>
                $"{option}: (from flag: {string.Join(',', arguments[option])}, from file: {string.Join(',', file[option])})");
            throw TareException.Invalid(
                $"the following directives are specified both as a flag and in the configuration file {path}: {string.Join(", ", each)}; remove one of them");
        }
        var merged = new SettingValues();
        foreach (SettingValues source in (SettingValues[])[arguments, file])
        {
            foreach ((string option, List<string> list) in source._values)
                merged._values[option] = list;
        }
        return merged;
    }

    private static (Setting Setting, string? Value) Find(string argument)
    {
        if (argument.StartsWith("--", StringComparison.Ordinal))
        {
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? argument[2..] : argument[2..equals];
            Setting setting = Setting.All.FirstOrDefault(known => known.Option == name) ?? throw Unknown(argument);
            return (setting, equals < 0 ? null : argument[(equals + 1)..]);
        }
        Setting? lettered = Setting.All.FirstOrDefault(known => known.Letter == argument[1]) ?? throw Unknown(argument);
        if (argument.Length == 2)
            return (lettered, null);
        return lettered.Kind == SettingKind.Flag ? throw Unknown(argument) : (lettered, argument[2..].TrimStart('='));
    }

    private static TareException Unknown(string argument) => TareException.Invalid($"unknown flag: {argument}; see tared --help");
}
