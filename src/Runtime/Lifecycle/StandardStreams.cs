using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>The standard streams that a container shares with its caller.</summary>
internal static class StandardStreams
{
    /// <summary>
    /// Those that a container's user should own, so that it can open /dev/stdout again: pipes and files. Devices are left alone, /dev/null is the host's.
    /// </summary>
    public static IReadOnlyList<int> ToOwn(ProcessSpec process) =>
        // root opens what it likes, and a terminal is new.
        process.Terminal || process.User.Uid == 0 ? [] : Which(status => !status.IsDevice && !status.IsDirectory);

    /// <summary>Those that are the null device.</summary>
    public static IReadOnlyList<int> Null(ProcessSpec process) =>
        process.Terminal ? [] : Which(status => status is { Type: FileStatus.S_IFCHR, RdevMajor: 1, RdevMinor: 3 });

    private static List<int> Which(Predicate<FileStatus> condition)
    {
        List<int> numbers = [];
        for (int number = 0; number <= 2; number++)
        {
            using FileDescriptor stream = new(number, owns: false);
            if (Stat.TryOf(stream, "", out FileStatus status) == Errno.None && condition(status))
                numbers.Add(number);
        }
        return numbers;
    }
}
