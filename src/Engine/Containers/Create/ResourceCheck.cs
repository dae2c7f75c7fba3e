using System.Globalization;
using Tare.Cgroups;
using Tare.Engine.Containers.Cdi;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Create;

/// <summary>Refuses limits that cannot be, in the words scripts know.</summary>
internal static class ResourceCheck
{
    private const long MinimumMemory = 6 << 20;

    /// <summary>Takes off what this machine has no control for, and returns a warning for each.</summary>
    internal static List<string> Run(Resources r, CgroupHierarchy machine)
    {
        Memory(r);
        Cpu(r);
        Realtime(r, machine);
        List<string> warnings = [.. BlockIo(r, machine)];
        foreach (Ulimit limit in r.Ulimits ?? [])
        {
            if (limit.Hard >= 0 && limit.Soft > limit.Hard)
                throw TareException.Invalid($"ulimit soft limit must be less than or equal to hard limit: {limit.Soft} > {limit.Hard}");
        }
        foreach (DeviceRequest device in r.DeviceRequests ?? [])
        {
            // Driver "cdi", or none and names as newer clients send them.
            if (device.Driver is "cdi" or "" && device.DeviceIDs is { Count: > 0 } names && names.TrueForAll(CdiRegistry.IsName))
                continue;
            string capabilities = string.Join(' ', (device.Capabilities ?? []).Select(set => $"[{string.Join(' ', set)}]"));
            throw TareException.Invalid($"could not select device driver \"{device.Driver}\" with capabilities: [{capabilities}]");
        }
        return warnings;
    }

    private static void Realtime(Resources r, CgroupHierarchy machine)
    {
        if (r.CpuRealtimePeriod == 0 && r.CpuRealtimeRuntime == 0)
            return;
        if (!machine.HasRealtime)
            throw TareException.Invalid("Your kernel does not support CPU real-time scheduler");
        if (r.CpuRealtimePeriod != 0 && r.CpuRealtimeRuntime > r.CpuRealtimePeriod)
            throw TareException.Invalid("cpu real-time runtime cannot be higher than cpu real-time period");
    }

    private static IEnumerable<string> BlockIo(Resources r, CgroupHierarchy machine)
    {
        if (r.BlkioWeight > 0 && !machine.HasBlockWeight)
        {
            r.BlkioWeight = 0;
            yield return "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.";
        }
        if (r.BlkioWeightDevice is { Count: > 0 } && !machine.HasBlockWeightDevice)
        {
            r.BlkioWeightDevice = [];
            yield return "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.";
        }
        if (r.BlkioWeight is > 0 and (< 10 or > 1000))
            throw TareException.Invalid("Range of blkio weight is from 10 to 1000");
    }

    private static void Memory(Resources r)
    {
        if (r.Memory is not 0 and < MinimumMemory)
            throw TareException.Invalid("Minimum memory limit allowed is 6MB");
        if (r.Memory > 0 && r.MemorySwap > 0 && r.MemorySwap < r.Memory)
            throw TareException.Invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
        if (r.Memory == 0 && r.MemorySwap > 0)
            throw TareException.Invalid("You should always set the Memory limit when using Memoryswap limit, see usage");
        if (r.MemorySwappiness is { } swappiness and (< -1 or > 100))
            throw TareException.Invalid($"Invalid value: {swappiness}, valid memory swappiness range is 0-100");
        if (r.MemoryReservation is not 0 and < MinimumMemory)
            throw TareException.Invalid("Minimum memory reservation allowed is 6MB");
        if (r.Memory > 0 && r.MemoryReservation > 0 && r.Memory < r.MemoryReservation)
            throw TareException.Invalid("Minimum memory limit can not be less than memory reservation limit, see usage");
    }

    private static void Cpu(Resources r)
    {
        int processors = HostProcessors.Count;
        if (r.NanoCpus > 0 && r.CpuPeriod > 0)
            throw TareException.Invalid("Conflicting options: Nano CPUs and CPU Period cannot both be set");
        if (r.NanoCpus > 0 && r.CpuQuota > 0)
            throw TareException.Invalid("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
        if (r.NanoCpus < 0 || r.NanoCpus > processors * 1_000_000_000L)
        {
            throw TareException.Invalid(string.Create(CultureInfo.InvariantCulture,
                $"range of CPUs is from 0.01 to {processors}.00, as there are only {processors} CPUs available"));
        }
        if (r.CpuPeriod is not 0 and (< 1000 or > 1_000_000))
            throw TareException.Invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
        if (r.CpuQuota is > 0 and < 1000)
            throw TareException.Invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
        if (r.CpuShares < 0)
            throw TareException.Invalid($"invalid CPU shares ({r.CpuShares}): value must be a positive integer");
        Set(r.CpusetCpus, "cpus", processors);
        Set(r.CpusetMems, "mems", 1024);
    }

    /// <summary>"0-2,4" with numbers below a bound.</summary>
    private static void Set(string text, string what, int count)
    {
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            int[] numbers = [.. ends.Select(e => int.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1)];
            if (ends.Length > 2 || numbers.Contains(-1) || numbers[0] > numbers[^1])
                throw TareException.Invalid($"Invalid value {text} for cpuset {what}");
            if (numbers[^1] >= count)
                throw TareException.Invalid($"Requested CPUs are not available - requested {text}, available: {HostProcessors.List}");
        }
    }
}
