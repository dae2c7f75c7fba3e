using Tare.Errors;

namespace Tare.Runtime.CommandLine;

/// <summary>Options before the command, and the command with what follows it.</summary>
internal sealed record GlobalOptions
{
    public string Root { get; init; } = "/run/tare-runtime";
    public string? LogFile { get; init; }
    public bool LogJson { get; init; }
    public bool Debug { get; init; }
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
                    options = options with { Root = Value() };
                    break;
                case "--log":
                    options = options with { LogFile = Value() };
                    break;
                case "--log-format":
                    options = options with { LogJson = Value() == "json" };
                    break;
                case "--debug":
                    options = options with { Debug = true };
                    break;
                case "--rootless":
                    if (Value() is "true")
                        throw new TareException(ErrorKind.NotSupported, "rootless containers are not supported by this version");
                    break;
                case "--systemd-cgroup":
                    throw new TareException(ErrorKind.NotSupported, "--systemd-cgroup is not supported by this version; use cgroupfs paths");
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

    /// <summary>--name=value in two; a single dash before a long name is the same.</summary>
    public static (string Name, string? Value) Split(string argument)
    {
        int equals = argument.StartsWith('-') ? argument.IndexOf('=', StringComparison.Ordinal) : -1;
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }
}
