using Tare.Errors;

namespace Tare.Runtime.CommandLine;

/// <summary>What follows a command: its options, looked up by any of their names, and the rest in order.</summary>
internal sealed class CommandArguments
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    /// <param name="takingValues">Options with a value, their other names after a bar: "--bundle|-b".</param>
    /// <param name="switches">Options without.</param>
    /// <param name="positionalLimit">After that many plain arguments everything else is plain, also what begins with a dash.</param>
    public CommandArguments(IReadOnlyList<string> arguments, string[] takingValues, string[] switches, int positionalLimit = int.MaxValue)
    {
        List<string> plain = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith('-') || plain.Count >= positionalLimit || arguments[i] == "-")
            {
                plain.Add(arguments[i]);
                continue;
            }
            if (arguments[i] == "--")
            {
                plain.AddRange(arguments.Skip(i + 1));
                break;
            }
            (string name, string? value) = GlobalOptions.Split(arguments[i]);
            if (Find(switches, name) is { } flag)
                Add(flag, value ?? "true");
            else if (Find(takingValues, name) is { } option)
                Add(option, value ?? (i + 1 < arguments.Count ? arguments[++i] : throw TareException.Invalid($"{name} needs a value")));
            else
                throw TareException.Invalid($"flag provided but not defined: {name}");
        }
        Plain = plain;
    }

    /// <summary>Arguments that are no options.</summary>
    public IReadOnlyList<string> Plain { get; }

    /// <summary>The only or first plain argument, a container's id.</summary>
    public string Id => Plain.Count > 0 ? Plain[0] : throw TareException.Invalid("a container id is needed");

    public bool Has(string name) => _values.TryGetValue(name, out List<string>? given) && given[^1] != "false";

    public string? Value(string name) => _values.TryGetValue(name, out List<string>? given) ? given[^1] : null;

    public IReadOnlyList<string> Values(string name) => _values.GetValueOrDefault(name) ?? [];

    private void Add(string name, string value)
    {
        if (!_values.TryGetValue(name, out List<string>? given))
            _values[name] = given = [];
        given.Add(value);
    }

    /// <summary>The first name of the option that has this name.</summary>
    private static string? Find(string[] options, string name)
    {
        foreach (string option in options)
        {
            string[] names = option.Split('|');
            if (names.Contains(name))
                return names[0];
        }
        return null;
    }
}
