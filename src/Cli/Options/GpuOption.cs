using System.Globalization;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>--gpus: "all", a count, or fields: "device=0,capabilities=utility,driver=nvidia,count=2".</summary>
internal static class GpuOption
{
    private const int All = -1;

    public static DeviceRequest Parse(string text)
    {
        var request = new DeviceRequest();
        var capabilities = new List<string> { "gpu" };
        bool counted = false;
        foreach (string field in Csv.Split(text))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string value = equals < 0 ? field : field[(equals + 1)..];
            switch (equals < 0 ? "count" : field[..equals])
            {
                case "count":
                    (request.Count, counted) = (Count(value), true);
                    break;
                case "device":
                    request.DeviceIDs = [.. value.Split(',')];
                    break;
                case "driver":
                    request.Driver = value;
                    break;
                case "capabilities":
                    capabilities.AddRange(value.Split(','));
                    break;
                case "options":
                    request.Options = EnvFile.ToMap(Csv.Split(value));
                    break;
                default:
                    throw TareException.Invalid($"unexpected key '{field[..equals]}' in '{field}'");
            }
        }
        if (!counted && request.DeviceIDs is null)
            request.Count = 1;
        request.Capabilities = [capabilities];
        return request;
    }

    private static int Count(string text) => text == "all" ? All
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count) ? count
        : throw TareException.Invalid($"invalid count ({text}): value must be either \"all\" or an integer");
}
