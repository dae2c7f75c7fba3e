using System.Globalization;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>Readers of --device, --ulimit, --cpus and the block I/O options.</summary>
internal static class DeviceOption
{
    /// <summary>host[:container[:permissions]].</summary>
    public static DeviceMapping Device(string text)
    {
        string[] parts = text.Split(':');
        var device = new DeviceMapping { PathOnHost = parts[0], PathInContainer = parts[0], CgroupPermissions = "rwm" };
        if (parts.Length > 3 || parts[0].Length == 0)
            throw TareException.Invalid(parts[0].Length == 0 ? $"bad format for path: {text}" : $"invalid device specification: {text}");
        if (parts.Length == 3)
            (device.PathInContainer, device.CgroupPermissions) = (parts[1], Mode(parts[2]));
        else if (parts.Length == 2 && IsMode(parts[1]))
            device.CgroupPermissions = parts[1];
        else if (parts.Length == 2)
            device.PathInContainer = parts[1];
        if (!IsCdiName(text) && !device.PathInContainer.StartsWith('/'))
            throw TareException.Invalid($"{device.PathInContainer} is not an absolute path");
        return device;
    }

    /// <summary>vendor.com/class=name instead of a path.</summary>
    public static bool IsCdiName(string text) => !text.StartsWith('/') && text.Contains('/', StringComparison.Ordinal) && text.Contains('=', StringComparison.Ordinal);

    /// <summary>name=soft[:hard].</summary>
    public static Ulimit Ulimit(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
            throw TareException.Invalid($"invalid ulimit argument: {text}");
        if (!Linux.ResourceLimit.Names.Contains(text[..equals], StringComparer.OrdinalIgnoreCase))
            throw TareException.Invalid($"invalid ulimit type: {text[..equals]}");
        string[] values = text[(equals + 1)..].Split(':');
        if (values.Length > 2)
            throw TareException.Invalid($"too many limit value arguments - {text[(equals + 1)..]}, can only have up to two, `soft[:hard]`");
        long soft = NumberFlagValue(values[0]);
        long hard = values.Length == 2 ? NumberFlagValue(values[1]) : soft;
        if (hard != -1 && (soft == -1 || soft > hard))
            throw TareException.Invalid($"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}");
        return new Ulimit { Name = text[..equals], Soft = soft, Hard = hard };
    }

    /// <summary>1.5 processors as billionths.</summary>
    public static long NanoCpus(string text)
    {
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal cpus) || cpus > 1_000_000)
            throw TareException.Invalid($"failed to parse {text} as a rational number");
        decimal nano = cpus * 1_000_000_000;
        return nano == decimal.Truncate(nano) ? (long)nano : throw TareException.Invalid("value is too precise");
    }

    /// <summary>A weight, whose range the engine checks.</summary>
    public static long Weight(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort weight)
            ? weight
            : throw TareException.Invalid($"strconv.ParseUint: parsing \"{text}\": {(text.Length > 0 && text.All(char.IsAsciiDigit) ? "value out of range" : "invalid syntax")}");

    /// <summary>path:weight.</summary>
    public static WeightDevice WeightDevice(string text)
    {
        (string path, string value) = SplitDevice(text);
        return ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort weight) && weight is 0 or (>= 10 and <= 1000)
            ? new WeightDevice { Path = path, Weight = weight }
            : throw TareException.Invalid($"invalid weight for device: {text}");
    }

    /// <summary>path:rate, in bytes with units or in operations.</summary>
    public static ThrottleDevice Rate(string text, bool bytes)
    {
        (string path, string value) = SplitDevice(text);
        if (bytes)
            return new ThrottleDevice { Path = path, Rate = (ulong)ByteSize.Parse(value) };
        return ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong rate)
            ? new ThrottleDevice { Path = path, Rate = rate }
            : throw TareException.Invalid($"invalid rate for device: {text}. The correct format is <device-path>:<number>. Number must be a positive integer");
    }

    private static (string Path, string Value) SplitDevice(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || colon == text.Length - 1)
            throw TareException.Invalid($"bad format: {text}");
        return text.StartsWith("/dev/", StringComparison.Ordinal)
            ? (text[..colon], text[(colon + 1)..])
            : throw TareException.Invalid($"bad format for device path: {text}");
    }

    private static long NumberFlagValue(string text) => CommandLine.NumberFlag.ReadInteger(text);

    private static bool IsMode(string text) => text.Length is > 0 and <= 3 && !text.AsSpan().ContainsAnyExcept("rwm");

    private static string Mode(string mode) => IsMode(mode) ? mode : throw TareException.Invalid($"bad mode specified: {mode}");
}
