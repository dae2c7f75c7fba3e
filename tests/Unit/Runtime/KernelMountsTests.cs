using Tare.Runtime.Lifecycle;

namespace Tare.Tests.Unit.Runtime;

/// <summary>Where the host has proc and sysfs, from its table of mounts.</summary>
public sealed class KernelMountsTests
{
    [Fact]
    public void The_innermost_comes_first_and_names_are_read_as_they_are() => Assert.Equal(["/mnt/a b/proc", "/sys", "/proc"], KernelMounts.Parse(
        "20 1 0:5 / / rw - ext4 /dev/vda rw\n21 20 0:6 / /proc rw shared:1 - proc proc rw\n22 20 0:7 / /sys rw - sysfs sysfs rw\n"
        + "23 20 0:6 / /mnt/a\\040b/proc rw - proc none rw\nnonsense\n24 20 0:9 / /proc/fs rw - nfsd nfsd rw\n"));
}
