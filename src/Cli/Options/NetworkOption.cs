using Tare.EngineApi.Networks;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>--network NAME or --network name=NAME,alias=…,ip=…,…</summary>
internal static class NetworkOption
{
    public static (string Name, EndpointSettings Settings) Parse(string text)
    {
        var settings = new EndpointSettings();
        // "container:x" and plain names have no fields.
        if (!text.Contains('=', StringComparison.Ordinal))
            return (text.Length > 0 ? text : throw TareException.Invalid("network name is required"), settings);
        string name = "";
        foreach (string field in Csv.Split(text))
        {
            (string key, string? value) = Csv.Pair(field);
            if (value is null)
                throw TareException.Invalid($"invalid key/value pair: {field}");
            if (key == "name")
                name = value;
            else
                Apply(settings, key, value, field);
        }
        return (name.Length > 0 ? name : throw TareException.Invalid("network name is required"), settings);
    }

    private static void Apply(EndpointSettings settings, string key, string value, string field)
    {
        switch (key)
        {
            case "alias":
                (settings.Aliases ??= []).Add(value);
                break;
            case "ip":
                HostEntry.CheckAddress(value);
                (settings.IPAMConfig ??= new()).IPv4Address = value;
                break;
            case "ip6":
                HostEntry.CheckAddress(value);
                (settings.IPAMConfig ??= new()).IPv6Address = value;
                break;
            case "link-local-ip":
                HostEntry.CheckAddress(value);
                ((settings.IPAMConfig ??= new()).LinkLocalIPs ??= []).Add(value);
                break;
            case "mac-address":
                settings.MacAddress = value;
                break;
            case "gw-priority":
                settings.GwPriority = (int)CommandLine.NumberFlag.ReadInteger(value);
                break;
            case "driver-opt":
                int equals = value.IndexOf('=', StringComparison.Ordinal);
                if (equals < 1)
                    throw TareException.Invalid("invalid key value pair format in driver options");
                (settings.DriverOpts ??= [])[value[..equals].Trim()] = value[(equals + 1)..].Trim();
                break;
            default:
                throw TareException.Invalid($"invalid field {field}");
        }
    }
}
