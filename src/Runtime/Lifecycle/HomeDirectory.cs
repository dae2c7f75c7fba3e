using System.Globalization;
using System.Text;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>HOME of a process that was given none: what the container's own /etc/passwd says of its user, as programs expect of any login.</summary>
internal static class HomeDirectory
{
    private const int Most = 10 * 1024 * 1024;

    /// <summary>Adds HOME unless the environment has one that says something. Of several values of a variable the last one stays.</summary>
    public static void Complete(ProcessSpec process, FileDescriptor root)
    {
        process.Env = LastOfEach(process.Env ?? []);
        if (!process.Env.Any(e => e.StartsWith("HOME=", StringComparison.Ordinal) && e.Length > 5))
            process.Env = [.. process.Env.Where(e => e != "HOME="), "HOME=" + Of(root, process.User.Uid)];
    }

    private static List<string> LastOfEach(IList<string> environment)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<string> kept = [];
        for (int i = environment.Count - 1; i >= 0; i--)
            if (seen.Add(environment[i].Split('=', 2)[0]))
                kept.Insert(0, environment[i]);
        return kept;
    }

    private static string Of(FileDescriptor root, uint uid)
    {
        // The file is the image's: it may be a fifo, a device or endless, and a field may hold anything.
        if (Fcntl.TryOpenInRoot(root, "etc/passwd", Fcntl.O_RDONLY | Fcntl.O_NONBLOCK, 0, out FileDescriptor file) != Errno.None)
            return "/";
        using (file)
        {
            FileStatus status = Stat.Of(file);
            if (!status.IsRegular || status.Size > Most)
                return "/";
            byte[] content = new byte[status.Size];
            int length = 0;
            while (length < content.Length && file.Read(content.AsSpan(length)) is var read and > 0)
                length += read;
            string wanted = uid.ToString(CultureInfo.InvariantCulture);
            foreach (string line in Encoding.UTF8.GetString(content, 0, length).Split('\n'))
                if (line.Split(':') is { Length: >= 6 } fields && fields[2] == wanted)
                    return fields[5].Length > 0 && !fields[5].Contains('\0', StringComparison.Ordinal) ? fields[5] : "/";
            return "/";
        }
    }
}
