using System.Globalization;

namespace Tare.Cgroups.V2;

/// <summary>io of cgroup v2: throttles, weights and counters.</summary>
internal sealed class IoController : IController
{
    public string Name => "io";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        BlockIoLimits io = limits.BlockIo;
        bool bfq = File.Exists($"{directory}/io.bfq.weight");
        string file = bfq ? "io.bfq.weight" : "io.weight";
        if (io.Weight is > 0)
            CgroupFile.WriteOrWarn(directory, file, CgroupFile.Text(Scale(io.Weight.Value, bfq)), "block I/O weight", warnings);
        foreach (DeviceValue device in io.WeightDevices)
            CgroupFile.WriteOrWarn(directory, file, Line(device, CgroupFile.Text(Scale(device.Value, bfq))), "block I/O weight of a device", warnings);
        Throttle(directory, "rbps", io.ReadBytesPerSecond);
        Throttle(directory, "wbps", io.WriteBytesPerSecond);
        Throttle(directory, "riops", io.ReadOperationsPerSecond);
        Throttle(directory, "wiops", io.WriteOperationsPerSecond);
    }

    public CgroupStats Read(string directory, CgroupStats stats)
    {
        List<BlockIoStat> counters = [];
        foreach (string line in (CgroupFile.TryRead(directory, "io.stat") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] numbers = words[0].Split(':');
            if (numbers.Length != 2)
                continue;
            Dictionary<string, ulong> values = [];
            foreach (string word in words.Skip(1))
            {
                int equals = word.IndexOf('=');
                if (equals > 0 && ulong.TryParse(word.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
                    values[word[..equals]] = value;
            }
            (long major, long minor) = (long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
            counters.Add(new BlockIoStat(major, minor, "read", values.GetValueOrDefault("rbytes"), values.GetValueOrDefault("rios")));
            counters.Add(new BlockIoStat(major, minor, "write", values.GetValueOrDefault("wbytes"), values.GetValueOrDefault("wios")));
        }
        return stats with { BlockIo = counters };
    }

    /// <summary>OCI weights run from 10 to 1000 as bfq's do; io.weight runs from 1 to 10000.</summary>
    internal static ulong Scale(ulong weight, bool bfq) => bfq ? weight : 1 + ((weight - 10) * 9999 / 990);

    private static void Throttle(string directory, string key, IReadOnlyList<DeviceValue> devices)
    {
        foreach (DeviceValue device in devices)
            CgroupFile.Write(directory, "io.max", Line(device, $"{key}={(device.Value == 0 ? "max" : CgroupFile.Text(device.Value))}"));
    }

    private static string Line(DeviceValue device, string value) => string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {value}");
}
