using Tare.Cli.Options;
using Tare.Errors;

namespace Tare.Cli.CommandLine;

/// <summary>The options of one command, and the reader of a command line: GNU long and short forms, groups of switches, "--".</summary>
public sealed class FlagSet
{
    private readonly List<Flag> _flags = [];

    /// <summary>The options in the order of their declaration.</summary>
    public IReadOnlyList<Flag> All => _flags;

    /// <summary>Declares a switch.</summary>
    public SwitchFlag Switch(string name, string usage, char shorthand = '\0', bool value = false) => Add(new SwitchFlag(name, shorthand, usage, value));

    /// <summary>Declares a text.</summary>
    public TextFlag Text(string name, string usage, char shorthand = '\0', string value = "", string valueName = "string") =>
        Add(new TextFlag(name, shorthand, usage, value, valueName));

    /// <summary>Declares an option that may be repeated.</summary>
    public ListFlag List(string name, string usage, char shorthand = '\0', string valueName = "list", Action<string>? check = null) =>
        Add(new ListFlag(name, shorthand, usage, valueName, check));

    /// <summary>Declares a whole number.</summary>
    public NumberFlag Integer(string name, string usage, char shorthand = '\0', long value = 0) =>
        Add(new NumberFlag(name, shorthand, usage, value, "int", NumberFlag.ReadInteger));

    /// <summary>Declares a size in bytes.</summary>
    public NumberFlag Bytes(string name, string usage, char shorthand = '\0', bool allowUnlimited = false) =>
        Add(new NumberFlag(name, shorthand, usage, 0, "bytes", allowUnlimited ? ByteSize.ParseOrUnlimited : ByteSize.Parse));

    /// <summary>Declares a duration, in nanoseconds.</summary>
    public NumberFlag Duration(string name, string usage) => Add(new NumberFlag(name, '\0', usage, 0, "duration", GoDuration.Parse));

    /// <summary>Declares a number with a reader of its own.</summary>
    public NumberFlag Number(string name, string usage, string valueName, Func<string, long> read, char shorthand = '\0') =>
        Add(new NumberFlag(name, shorthand, usage, 0, valueName, read));

    /// <summary>
    /// Reads a command line and returns what is not an option. Where options end at the first argument (run, exec), all after it belongs to the
    /// container's command. Throws <see cref="UsageException"/>.
    /// </summary>
    public List<string> Parse(ReadOnlySpan<string> line, bool interspersed = true)
    {
        var rest = new List<string>();
        for (int i = 0; i < line.Length; i++)
        {
            string word = line[i];
            if (word == "--")
            {
                rest.AddRange(line[(i + 1)..]);
                break;
            }
            if (word.Length < 2 || word[0] != '-')
            {
                rest.Add(word);
                if (interspersed)
                    continue;
                rest.AddRange(line[(i + 1)..]);
                break;
            }
            i = word[1] == '-' ? ParseLong(line, i) : ParseShort(line, i);
        }
        return rest;
    }

    /// <summary>The option of this name, or null.</summary>
    public Flag? Find(string name)
    {
        foreach (Flag flag in _flags)
        {
            if (flag.Name == name)
                return flag;
        }
        return null;
    }

    private T Add<T>(T flag) where T : Flag
    {
        _flags.Add(flag);
        return flag;
    }

    private int ParseLong(ReadOnlySpan<string> line, int i)
    {
        string word = line[i];
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? word[2..] : word[2..equals];
        if (name == "help")
            throw new HelpWantedException();
        Flag flag = Find(name) ?? throw new UsageException($"unknown flag: --{name}");
        if (equals >= 0)
            Set(flag, word[(equals + 1)..]);
        else if (flag.IsSwitch)
            Set(flag, "true");
        else if (i + 1 < line.Length)
            Set(flag, line[++i]);
        else
            throw new UsageException($"flag needs an argument: --{name}");
        return i;
    }

    private int ParseShort(ReadOnlySpan<string> line, int i)
    {
        string word = line[i];
        for (int at = 1; at < word.Length; at++)
        {
            char letter = word[at];
            Flag? flag = _flags.Find(f => f.Shorthand == letter);
            if (flag is null)
                throw letter == 'h' ? new HelpWantedException() : new UsageException($"unknown shorthand flag: '{letter}' in {word}");
            bool last = at + 1 == word.Length;
            if (!last && word[at + 1] == '=')
            {
                Set(flag, word[(at + 2)..]);
                return i;
            }
            if (flag.IsSwitch)
            {
                Set(flag, "true");
                continue;
            }
            if (last && i + 1 == line.Length)
                throw new UsageException($"flag needs an argument: '{letter}' in {word}");
            Set(flag, last ? line[i + 1] : word[(at + 1)..]);
            return last ? i + 1 : i;
        }
        return i;
    }

    private static void Set(Flag flag, string value)
    {
        try
        {
            flag.Set(value);
        }
        catch (TareException error)
        {
            string name = flag.Shorthand == '\0' ? $"--{flag.Name}" : $"-{flag.Shorthand}, --{flag.Name}";
            throw new UsageException($"invalid argument \"{value}\" for \"{name}\" flag: {error.Message}");
        }
    }
}
