using Tare.Errors;

namespace Tare.Networking.Namespaces;

/// <summary>Network settings below /proc/sys/net of the calling thread's namespace; the host's /proc is trusted.</summary>
internal static class Sysctl
{
    /// <summary>Reads a setting; null when this kernel has none of that name.</summary>
    public static string? TryRead(string name)
    {
        try
        {
            return File.ReadAllText(PathOf(name)).Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Writes a setting unless it has the value already.</summary>
    public static void Write(string name, string value)
    {
        if (!TryWrite(name, value))
            throw new TareException(ErrorKind.Unavailable, $"set /proc/sys/net/{name} to {value}: not permitted or not there; set it by hand (sysctl)");
    }

    /// <summary>As <see cref="Write"/>, for settings that a kernel may lack.</summary>
    public static bool TryWrite(string name, string value)
    {
        if (TryRead(name) is not { } current)
            return false;
        if (current == value)
            return true;
        try
        {
            File.WriteAllText(PathOf(name), value);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string PathOf(string name) => "/proc/sys/net/" + name;
}
