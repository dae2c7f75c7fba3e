using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>A request to take over a running process, as it arrived; what is not taken is closed.</summary>
internal sealed class AdoptOrder(string key, int pid, bool parentReports) : IDisposable
{
    public string Key => key;
    public int Pid => pid;

    /// <summary>True when the engine is the process's parent and tells how it ended.</summary>
    public bool ParentReports => parentReports;

    public FileDescriptor? PidFd { get; set; }
    public FileDescriptor? LogDirectory { get; set; }
    public FileDescriptor? Input { get; set; }
    public FileDescriptor? Terminal { get; set; }
    public LogOptions? Log { get; init; }

    public FileDescriptor TakePidFd()
    {
        FileDescriptor taken = PidFd!;
        PidFd = null;
        return taken;
    }

    public FileDescriptor? TakeInput()
    {
        FileDescriptor? taken = Input;
        Input = null;
        return taken;
    }

    public FileDescriptor? TakeTerminal()
    {
        FileDescriptor? taken = Terminal;
        Terminal = null;
        return taken;
    }

    public JsonLog? TakeLog()
    {
        if (LogDirectory is not { } directory || Log is not { } options)
            return null;
        LogDirectory = null;
        return new JsonLog(directory, options);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        PidFd?.Dispose();
        LogDirectory?.Dispose();
        Input?.Dispose();
        Terminal?.Dispose();
    }
}
