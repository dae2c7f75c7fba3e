using System.Globalization;

namespace Tare.Cgroups.V1;

/// <summary>blkio of cgroup v1: throttles, weights (where an I/O scheduler has them) and counters.</summary>
internal sealed class BlkioController : IController
{
    public string Name => "blkio";

    public bool IsNeeded(CgroupLimits limits) => true;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        BlockIoLimits io = limits.BlockIo;
        string prefix = File.Exists($"{directory}/blkio.weight") ? "blkio." : "blkio.bfq.";
        if (io.Weight is > 0)
            CgroupFile.WriteOrWarn(directory, prefix + "weight", CgroupFile.Text((long)io.Weight.Value), "block I/O weight", warnings);
        foreach (DeviceValue device in io.WeightDevices)
            CgroupFile.WriteOrWarn(directory, prefix + "weight_device", Line(device), "block I/O weight of a device", warnings);
        Throttle(directory, "read_bps_device", io.ReadBytesPerSecond);
        Throttle(directory, "write_bps_device", io.WriteBytesPerSecond);
        Throttle(directory, "read_iops_device", io.ReadOperationsPerSecond);
        Throttle(directory, "write_iops_device", io.WriteOperationsPerSecond);
    }

    public CgroupStats Read(string directory, CgroupStats stats)
    {
        // The throttle layer counts for every scheduler; bfq's own counters only what bfq handles.
        Dictionary<(long, long, string), ulong> bytes = Counters(directory, "blkio.throttle.io_service_bytes_recursive");
        Dictionary<(long, long, string), ulong> operations = Counters(directory, "blkio.throttle.io_serviced_recursive");
        return stats with
        {
            BlockIo = [.. bytes.Select(pair => new BlockIoStat(pair.Key.Item1, pair.Key.Item2, pair.Key.Item3, pair.Value, operations.GetValueOrDefault(pair.Key)))],
        };
    }

    private static void Throttle(string directory, string file, IReadOnlyList<DeviceValue> devices)
    {
        foreach (DeviceValue device in devices)
            CgroupFile.Write(directory, "blkio.throttle." + file, Line(device));
    }

    private static string Line(DeviceValue device) => string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor} {device.Value}");

    /// <summary>Lines "254:0 Read 4096"; totals are left to the reader.</summary>
    private static Dictionary<(long, long, string), ulong> Counters(string directory, string file)
    {
        var counters = new Dictionary<(long, long, string), ulong>();
        foreach (string line in (CgroupFile.TryRead(directory, file) ?? "").Split('\n'))
        {
            string[] words = line.Split(' ');
            if (words.Length != 3 || words[1] == "Total")
                continue;
            string[] numbers = words[0].Split(':');
            counters[(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture), words[1].ToLowerInvariant())] =
                ulong.Parse(words[2], CultureInfo.InvariantCulture);
        }
        return counters;
    }
}
