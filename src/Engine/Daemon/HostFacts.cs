using System.Globalization;
using System.Runtime.InteropServices;

namespace Tare.Engine.Daemon;

/// <summary>What the machine says of itself, read from /proc, /sys and /etc at each call.</summary>
internal static class HostFacts
{
    /// <summary>"6.18.5".</summary>
    public static string KernelVersion => ReadLine("/proc/sys/kernel/osrelease");

    /// <summary>The host's name.</summary>
    public static string Name => ReadLine("/proc/sys/kernel/hostname");

    /// <summary>Bytes of memory.</summary>
    public static long Memory => Kilobytes("MemTotal:") * 1024;

    /// <summary>"x86_64", as uname says it.</summary>
    public static string Machine => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "x86_64",
        Architecture.Arm64 => "aarch64",
        { } other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>"amd64", as images say it.</summary>
    public static string Platform => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        { } other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>A value of /etc/os-release, or "".</summary>
    public static string Release(string key)
    {
        foreach (string line in Lines("/etc/os-release"))
        {
            if (line.StartsWith(key + "=", StringComparison.Ordinal))
                return line[(key.Length + 1)..].Trim('"', '\'');
        }
        return "";
    }

    /// <summary>True when a file holds "1".</summary>
    public static bool IsOn(string path) => ReadLine(path) == "1";

    /// <summary>Type of the file system that holds a path, from the longest mount point above it.</summary>
    public static string FileSystem(string path)
    {
        string best = "";
        string type = "";
        foreach (string line in Lines("/proc/self/mountinfo"))
        {
            string[] words = line.Split(' ');
            int dash = Array.IndexOf(words, "-");
            string point = words[4];
            bool above = point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal);
            if (above && dash > 0 && point.Length >= best.Length)
                (best, type) = (point, words[dash + 1]);
        }
        return type;
    }

    /// <summary>First line of a file, or "" when it cannot be read.</summary>
    public static string ReadLine(string path) => Lines(path).FirstOrDefault() ?? "";

    private static long Kilobytes(string key)
    {
        string? line = Lines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        string[] words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
