namespace Tare.Runtime;

/// <summary>What linux.memoryPolicy can say.</summary>
public static class MemoryPolicy
{
    public static IEnumerable<string> Modes => Steps.ScheduleSteps.MemoryPolicies.Modes;

    public static IEnumerable<string> Flags => Steps.ScheduleSteps.MemoryPolicies.Flags;
}
