using System.Buffers.Binary;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Where and how the process runs: processors, scheduling policy, I/O priority, memory nodes, personality.</summary>
internal static class ScheduleSteps
{
    private const int ProcessorBytes = 1024;

    private static readonly string[] Policies = ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"];
    private static readonly Dictionary<string, ulong> SchedulerFlags = new(StringComparer.Ordinal)
    {
        ["SCHED_FLAG_RESET_ON_FORK"] = 1,
        ["SCHED_FLAG_RECLAIM"] = 2,
        ["SCHED_FLAG_DL_OVERRUN"] = 4,
        ["SCHED_FLAG_KEEP_POLICY"] = 8,
        ["SCHED_FLAG_KEEP_PARAMS"] = 16,
        ["SCHED_FLAG_UTIL_CLAMP_MIN"] = 32,
        ["SCHED_FLAG_UTIL_CLAMP_MAX"] = 64,
    };
    private static readonly string[] IoClasses = ["IOPRIO_CLASS_NONE", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"];
    private static readonly string[] MemoryModes =
        ["MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"];
    private static readonly Dictionary<string, uint> MemoryFlags = new(StringComparer.Ordinal)
    {
        ["MPOL_F_STATIC_NODES"] = 1 << 15,
        ["MPOL_F_RELATIVE_NODES"] = 1 << 14,
        ["MPOL_F_NUMA_BALANCING"] = 1 << 13,
    };

    /// <summary>Names of memory policy modes and flags, for the features document.</summary>
    public static (IReadOnlyList<string> Modes, IEnumerable<string> Flags) MemoryPolicies => (MemoryModes, MemoryFlags.Keys);

    /// <summary>All processors of the cpuset, whatever this process inherited from the one that started it.</summary>
    public static void AllProcessors(ProgramBuilder program)
    {
        byte[] all = new byte[ProcessorBytes];
        Array.Fill(all, (byte)0xff);
        program.Call(SyscallNumber.SchedSetaffinity, "sched_setaffinity", "every processor of the cpuset", 0, ProcessorBytes, program.Bytes(all));
    }

    /// <summary>A list of processors such as "0-3,7".</summary>
    public static void Processors(ProgramBuilder program, string list, string reason) =>
        program.Call(SyscallNumber.SchedSetaffinity, "sched_setaffinity", reason, 0, ProcessorBytes, program.Bytes(Bits(list, ProcessorBytes, "execCPUAffinity")));

    /// <summary>Everything that the process keeps across its execve; needs the privileges that go later.</summary>
    public static void Emit(ProgramBuilder program, ProcessSpec process, LinuxSpec? linux)
    {
        if (process.Scheduler is { } scheduler)
            Schedule(program, scheduler, linux?.Resources?.Cpu?.Cpus);
        if (process.IoPriority is { } io)
        {
            int number = Array.IndexOf(IoClasses, io.Class);
            if (number < 0 || io.Priority is < 0 or > 7)
                throw Refuse.Invalid($"ioPriority: class \"{io.Class}\" or priority {io.Priority} is invalid");
            program.Call(SyscallNumber.IoprioSet, "ioprio_set", $"{io.Class} {io.Priority}", 1 /* IOPRIO_WHO_PROCESS */, 0, (number << 13) | io.Priority);
        }
        if (linux?.MemoryPolicy is { } memory)
            SetMemoryPolicy(program, memory);
        if (linux?.Personality is { } personality)
            SetPersonality(program, personality);
    }

    private static void Schedule(ProgramBuilder program, SchedulerSpec scheduler, string? processors)
    {
        int policy = Array.IndexOf(Policies, scheduler.Policy);
        if (policy is < 0 or 4)
            throw Refuse.Invalid($"scheduler: policy \"{scheduler.Policy}\" is not supported by Linux");
        if (policy != 6 && (scheduler.Runtime | scheduler.Deadline | scheduler.Period) != 0)
            throw Refuse.Invalid("scheduler runtime/deadline/period can only be specified for the SCHED_DEADLINE policy");
        if (scheduler.Priority != 0 && policy is not (1 or 2))
            throw Refuse.Invalid("scheduler.priority can only be specified for the SCHED_FIFO or SCHED_RR policy");
        if (policy is 0 or 3 && scheduler.Nice is < -20 or > 19)
            throw Refuse.Invalid($"invalid scheduler.nice: {scheduler.Nice}");
        ulong flags = 0;
        foreach (string flag in scheduler.Flags ?? [])
            flags |= SchedulerFlags.TryGetValue(flag, out ulong bit) ? bit : throw Refuse.Invalid($"scheduler: flag \"{flag}\" is unknown");
        // struct sched_attr, first version: 48 bytes.
        byte[] attributes = new byte[48];
        BinaryPrimitives.WriteInt32LittleEndian(attributes, 48);
        BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(4), policy);
        BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(8), flags);
        BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(16), scheduler.Nice);
        BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(20), scheduler.Priority);
        BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(24), scheduler.Runtime);
        BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(32), scheduler.Deadline);
        BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(40), scheduler.Period);
        // sched_setattr(2), EPERM: a deadline is for processes that may run everywhere.
        string hint = policy == 6 && !string.IsNullOrEmpty(processors) ? $" (process scheduler can't be used together with AllowedCPUs {processors})" : "";
        program.Call(SyscallNumber.SchedSetattr, "sched_setattr", $"scheduling policy {scheduler.Policy}{hint}", 0, program.Bytes(attributes), 0);
    }

    private static void SetMemoryPolicy(ProgramBuilder program, MemoryPolicySpec memory)
    {
        int mode = Array.IndexOf(MemoryModes, memory.Mode);
        if (mode < 0)
            throw Refuse.Invalid($"invalid memory policy mode \"{memory.Mode}\": mode \"{memory.Mode}\" is unknown");
        uint flags = 0;
        foreach (string flag in memory.Flags ?? [])
            flags |= MemoryFlags.TryGetValue(flag, out uint bit) ? bit : throw Refuse.Invalid($"invalid memory policy flag \"{flag}\"");
        const int Bytes = 128;
        bool any = !string.IsNullOrEmpty(memory.Nodes);
        if (any && MemoryModes[mode] is "MPOL_DEFAULT" or "MPOL_LOCAL")
            throw Refuse.Invalid($"invalid memory policy: {memory.Mode}: mode requires 0 nodes but got {Bits(memory.Nodes!, Bytes, "invalid memory policy node").Sum(b => int.PopCount(b))}");
        program.Call(SyscallNumber.SetMempolicy, "set_mempolicy", $"memory policy {memory.Mode} {memory.Nodes}", (uint)mode | flags,
            any ? program.Bytes(Bits(memory.Nodes!, Bytes, "invalid memory policy node")) : 0, any ? Bytes * 8 : 0);
    }

    private static void SetPersonality(ProgramBuilder program, PersonalitySpec personality)
    {
        if (personality.Flags is { Count: > 0 })
            throw Refuse.Invalid("personality: flags are not defined by the specification");
        long domain = personality.Domain switch
        {
            "LINUX" => 0,
            "LINUX32" => 8,
            _ => throw Refuse.Invalid($"personality: domain \"{personality.Domain}\" is not LINUX or LINUX32"),
        };
        program.Call(SyscallNumber.Personality, "personality", $"personality {personality.Domain}", domain);
    }

    /// <summary>"0-2,5" as a bit mask.</summary>
    internal static byte[] Bits(string list, int bytes, string field)
    {
        byte[] mask = new byte[bytes];
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], out int first) || !int.TryParse(ends[^1], out int last) || first < 0 || last < first || last >= bytes * 8)
                throw Refuse.Invalid($"{field}: \"{list}\" is not a list such as 0-3,7");
            for (int i = first; i <= last; i++)
                mask[i / 8] |= (byte)(1 << (i % 8));
        }
        return mask;
    }
}
