using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Lifecycle;

/// <summary>A process that only waits: systemd makes no scope without one, and the container's own is born into the finished scope. Ends when disposed.</summary>
internal sealed class Placeholder : IDisposable
{
    private readonly FileDescriptor _hold;
    private readonly Launched _launched;

    public Placeholder()
    {
        (FileDescriptor read, _hold) = Unistd.Pipe();
        ProgramBuilder program = new();
        Steps.NamespaceSteps.CloseDescriptors(program);
        program.Call(SyscallNumber.Write, "write", "waiting", InitDescriptors.Status, program.Bytes([StatusMessage.Ready]), 1);
        program.Call(SyscallNumber.Close, "close", "nobody listens", InitDescriptors.Status);
        program.Call(SyscallNumber.Read, "read", "wait", InitDescriptors.FirstPassed, program.Bytes(new byte[8]), 1);
        program.Call(SyscallNumber.ExitGroup, "exit_group", "done", 0);
        using (read)
            _launched = Launch.Start(new CompiledContainer(program.Build(), 0, int.MaxValue, "placeholder"), new LaunchOptions { Passed = [read] });
    }

    public int Pid => _launched.Pid;

    /// <inheritdoc/>
    public void Dispose()
    {
        _hold.Dispose();
        _ = Process.TryReap(_launched.PidFd, wait: true, out _);
        _launched.PidFd.Dispose();
    }
}
