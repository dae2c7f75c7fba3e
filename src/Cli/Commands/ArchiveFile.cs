using Tare.Errors;
using Tare.Linux;

namespace Tare.Cli.Commands;

/// <summary>Archives to and from files or this process's stdio.</summary>
internal static class ArchiveFile
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Refuses to flood a terminal; asked before anything is sent to the engine.</summary>
    public static void CheckTarget(string? file)
    {
        if (string.IsNullOrEmpty(file) && Session.OutputIsTerminal)
            throw TareException.Invalid("cowardly refusing to save to a terminal; use the -o flag or redirect");
    }

    /// <summary>Writes to a file, which appears under its name only when it is complete, or to standard output.</summary>
    public static void Save(Session session, Stream source, string? file)
    {
        byte[] buffer = new byte[BufferSize];
        int n;
        if (string.IsNullOrEmpty(file))
        {
            while ((n = source.Read(buffer)) > 0)
                session.Out.WriteThrough(buffer.AsSpan(0, n));
            return;
        }
        string temporary = $"{file}.tmp-{Environment.ProcessId}";
        try
        {
            using (var target = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                while ((n = source.Read(buffer)) > 0)
                    target.Write(buffer.AsSpan(0, n));
            }
            File.Move(temporary, file, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>A writer of a request's body that copies a file, or standard input for null and "-".</summary>
    public static Action<Stream> Reader(Session session, string? file)
    {
        if (file is null or "-")
        {
            return target =>
            {
                byte[] buffer = new byte[BufferSize];
                int n;
                while ((n = Unistd.Read(session.Input, buffer)) > 0)
                    target.Write(buffer.AsSpan(0, n));
            };
        }
        if (!File.Exists(file))
            throw TareException.NotFound($"open {file}: no such file or directory");
        return target =>
        {
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            source.CopyTo(target, BufferSize);
        };
    }
}
