using System.Globalization;
using Tare.Cli.Options;
using Tare.Errors;

namespace Tare.Cli.CommandLine;

/// <summary>One option of a command: how it is written, and where its value goes.</summary>
public abstract class Flag(string name, char shorthand, string usage)
{
    /// <summary>Without dashes.</summary>
    public string Name { get; } = name;

    /// <summary>The one-letter form, or NUL.</summary>
    public char Shorthand { get; } = shorthand;

    /// <summary>One line of help.</summary>
    public string Usage { get; } = usage;

    /// <summary>What kind of value help shows: "string", "list", "bytes"; empty for switches.</summary>
    public abstract string ValueName { get; }

    /// <summary>A switch needs no value.</summary>
    public virtual bool IsSwitch => false;

    /// <summary>The default as help shows it, or null.</summary>
    public virtual string? DefaultText => null;

    /// <summary>It was on the command line.</summary>
    public bool IsSet { get; private set; }

    /// <summary>Takes a value; throws TareException with what is wrong with it.</summary>
    public void Set(string value)
    {
        Accept(value);
        IsSet = true;
    }

    /// <summary>Reads the value.</summary>
    protected abstract void Accept(string value);
}

/// <summary>A switch: --rm, --rm=false.</summary>
public sealed class SwitchFlag(string name, char shorthand, string usage, bool value) : Flag(name, shorthand, usage)
{
    private readonly bool _default = value;

    /// <summary>On or off.</summary>
    public bool Value { get; private set; } = value;

    /// <inheritdoc/>
    public override string ValueName => "";

    /// <inheritdoc/>
    public override bool IsSwitch => true;

    /// <inheritdoc/>
    public override string? DefaultText => _default ? "true" : null;

    /// <inheritdoc/>
    protected override void Accept(string value) => Value = value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw TareException.Invalid($"strconv.ParseBool: parsing \"{value}\": invalid syntax"),
    };
}

/// <summary>A text, checked by a function when there is one.</summary>
public sealed class TextFlag(string name, char shorthand, string usage, string value, string valueName) : Flag(name, shorthand, usage)
{
    private readonly string _default = value;

    /// <summary>The text, or the default.</summary>
    public string Value { get; private set; } = value;

    /// <summary>The text, or null when it was not on the command line.</summary>
    public string? Given => IsSet ? Value : null;

    /// <inheritdoc/>
    public override string ValueName => valueName;

    /// <inheritdoc/>
    public override string? DefaultText => _default.Length > 0 ? $"\"{_default}\"" : null;

    /// <inheritdoc/>
    protected override void Accept(string value) => Value = value;
}

/// <summary>An option that may be repeated; each value goes through a function when there is one.</summary>
public sealed class ListFlag(string name, char shorthand, string usage, string valueName, Action<string>? check) : Flag(name, shorthand, usage)
{
    /// <summary>The values in their order.</summary>
    public List<string> Values { get; } = [];

    /// <summary>The values, or null when there are none: what omitting means on the wire.</summary>
    public List<string>? OrNull => Values.Count == 0 ? null : Values;

    /// <inheritdoc/>
    public override string ValueName => valueName;

    /// <inheritdoc/>
    protected override void Accept(string value)
    {
        check?.Invoke(value);
        Values.Add(value);
    }
}

/// <summary>A whole number, a size in bytes or a duration, by its reader.</summary>
public sealed class NumberFlag(string name, char shorthand, string usage, long value, string valueName, Func<string, long> read) : Flag(name, shorthand, usage)
{
    private readonly long _default = value;

    /// <summary>The number, or the default.</summary>
    public long Value { get; private set; } = value;

    /// <summary>The number, or null when it was not on the command line.</summary>
    public long? Given => IsSet ? Value : null;

    /// <inheritdoc/>
    public override string ValueName => valueName;

    /// <inheritdoc/>
    public override string? DefaultText => _default != 0 ? _default.ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>Reads a plain whole number.</summary>
    public static long ReadInteger(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long n)
            ? n
            : throw TareException.Invalid($"strconv.ParseInt: parsing \"{text}\": invalid syntax");

    /// <inheritdoc/>
    protected override void Accept(string value) => Value = read(value);

    /// <summary>Reads a size in bytes.</summary>
    internal static long ReadBytes(string text) => ByteSize.Parse(text);
}
