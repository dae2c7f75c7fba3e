using System.Globalization;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>How far a log has been forwarded: a file, known by its inode, and an offset in it. Kept beside the log, so that a new engine goes on there.</summary>
internal readonly record struct LogPosition(ulong Inode, long Offset)
{
    /// <summary>Nothing has been forwarded when there is no such file.</summary>
    internal static LogPosition Read(string path)
    {
        string[] words = File.Exists(path) ? File.ReadAllText(path).Split(' ') : [];
        return words.Length == 2 && ulong.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long offset) ? new LogPosition(inode, offset) : default;
    }

    /// <summary>Replaces the file in place; one that was cut off says nothing, and lines are sent again.</summary>
    internal void Write(string path)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{Inode} {Offset}");
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
