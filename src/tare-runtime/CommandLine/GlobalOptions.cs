using Tare.Errors;

namespace Tare.Runtime.CommandLine;

/// <summary>Options before the command, and the command with what follows it.</summary>
internal sealed record GlobalOptions
{
    public string Root { get; init; } = DefaultRoot();
    public bool IsRootGiven { get; init; }
    public string? LogFile { get; init; }
    public bool LogJson { get; init; }
    public bool Debug { get; init; }

    /// <summary>Cgroups are made by systemd.</summary>
    public bool SystemdCgroup { get; init; }

    /// <summary>--rootless true or false; null for auto.</summary>
    public bool? Rootless { get; init; }

    public string CommandName { get; init; } = "help";
    public IReadOnlyList<string> Rest { get; init; } = [];

    public static GlobalOptions Parse(string[] arguments)
    {
        GlobalOptions options = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            (string name, string? value) = Split(arguments[i]);
            string Value() => value ?? (i + 1 < arguments.Length ? arguments[++i] : throw TareException.Invalid($"{name} needs a value"));
            switch (name)
            {
                case "--root":
                    options = options with { Root = Path.GetFullPath(Value()), IsRootGiven = true };
                    break;
                case "--log":
                    options = options with { LogFile = Value() };
                    break;
                case "--log-format":
                    options = options with { LogJson = Value() switch { "json" => true, "text" => false, string other => throw TareException.Invalid($"invalid log-format: {other}") } };
                    break;
                case "--debug":
                    options = options with { Debug = true };
                    break;
                case "--rootless":
                    options = options with { Rootless = Value() switch { "true" => true, "false" => false, "auto" => null, string other => throw TareException.Invalid($"--rootless: \"{other}\" is not true, false or auto") } };
                    break;
                case "--systemd-cgroup":
                    options = options with { SystemdCgroup = value != "false" };
                    break;
                case "--version" or "-v":
                    return options with { CommandName = "version" };
                case "--help" or "-h":
                    return options with { CommandName = "help" };
                default:
                    return name.StartsWith('-')
                        ? throw TareException.Invalid($"flag provided but not defined: {name}")
                        : options with { CommandName = name, Rest = arguments[(i + 1)..] };
            }
        }
        return options;
    }

    /// <summary>An ordinary user's containers live in his own runtime directory.</summary>
    private static string DefaultRoot() =>
        Tare.Linux.Unistd.EffectiveUserId != 0 && Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own
            ? Path.Combine(own, "tare-runtime") : "/run/tare-runtime";

    /// <summary>--name=value in two; a single dash before a long name is the same.</summary>
    public static (string Name, string? Value) Split(string argument)
    {
        if (argument.Length > 2 && argument[0] == '-' && argument[1] != '-' && argument[2] != '=')
            argument = "-" + argument;
        int equals = argument.StartsWith('-') ? argument.IndexOf('=', StringComparison.Ordinal) : -1;
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }
}
