using System.Numerics;
using Tare.Runtime.Steps;

namespace Tare.Runtime;

/// <summary>Lists of processors as configurations have them (cpuset(7), list format). Stateless.</summary>
public static class Processors
{
    private const int MaskBytes = 128;

    /// <summary>"0-3,7" as the hexadecimal number 0x8f.</summary>
    public static string Mask(string list)
    {
        string digits = new BigInteger(ScheduleSteps.Bits(list, MaskBytes, "execCPUAffinity"), isUnsigned: true).ToString("x").TrimStart('0');
        return "0x" + (digits.Length == 0 ? "0" : digits);
    }
}
