namespace Tare.Oci.Runtime.Reading;

/// <summary>Reads `linux.resources` with the fields that engines write.</summary>
internal static class ResourcesReader
{
    public static LinuxResources? Resources(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        LinuxResources resources = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "devices": resources.Devices = json.List(Device); break;
                case "memory": resources.Memory = Memory(ref json); break;
                case "cpu": resources.Cpu = Cpu(ref json); break;
                case "pids": resources.Pids = Pids(ref json); break;
                case "blockIO": resources.BlockIo = BlockIo(ref json); break;
                case "unified": resources.Unified = json.Map(); break;
                default: json.GiveUp(); break;
            }
        }
        return resources;
    }

    private static DeviceRule? Device(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        DeviceRule rule = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "allow": rule.Allow = json.Given(json.Flag()); break;
                case "type": rule.Type = json.Text(); break;
                case "major": rule.Major = json.Long(); break;
                case "minor": rule.Minor = json.Long(); break;
                case "access": rule.Access = json.Text(); break;
                default: json.GiveUp(); break;
            }
        }
        return rule;
    }

    private static MemoryResources? Memory(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        MemoryResources memory = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "limit": memory.Limit = json.Long(); break;
                case "reservation": memory.Reservation = json.Long(); break;
                case "swap": memory.Swap = json.Long(); break;
                case "swappiness": memory.Swappiness = json.ULong(); break;
                case "disableOOMKiller": memory.DisableOomKiller = json.Flag(); break;
                case "useHierarchy": memory.UseHierarchy = json.Flag(); break;
                case "checkBeforeUpdate": memory.CheckBeforeUpdate = json.Flag(); break;
                default: json.GiveUp(); break;
            }
        }
        return memory;
    }

    private static CpuResources? Cpu(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        CpuResources cpu = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "shares": cpu.Shares = json.ULong(); break;
                case "quota": cpu.Quota = json.Long(); break;
                case "burst": cpu.Burst = json.ULong(); break;
                case "period": cpu.Period = json.ULong(); break;
                case "realtimeRuntime": cpu.RealtimeRuntime = json.Long(); break;
                case "realtimePeriod": cpu.RealtimePeriod = json.ULong(); break;
                case "cpus": cpu.Cpus = json.Text(); break;
                case "mems": cpu.Mems = json.Text(); break;
                case "idle": cpu.Idle = json.Long(); break;
                default: json.GiveUp(); break;
            }
        }
        return cpu;
    }

    private static PidsResources? Pids(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        PidsResources pids = new();
        while (json.Next(out string field))
        {
            if (field == "limit")
                pids.Limit = json.Long();
            else
                json.GiveUp();
        }
        return pids;
    }

    private static BlockIoResources? BlockIo(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        BlockIoResources io = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "weight": io.Weight = json.UShort(); break;
                case "leafWeight": io.LeafWeight = json.UShort(); break;
                default: json.GiveUp(); break;
            }
        }
        return io;
    }
}
