using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Keeper;

/// <summary>Both sides of a new process's standard streams. What is not taken is closed.</summary>
internal sealed class Stdio : IDisposable
{
    private readonly List<FileDescriptor> _childSide = [];
    private FileDescriptor? _input;
    private FileDescriptor? _output;
    private FileDescriptor? _error;

    private Stdio(FileDescriptor nothing) => ChildInput = ChildOutput = ChildError = nothing;

    public FileDescriptor ChildInput { get; private set; }
    public FileDescriptor ChildOutput { get; private set; }
    public FileDescriptor ChildError { get; private set; }

    /// <summary>With a terminal everything is /dev/null until the program has opened the terminal.</summary>
    public static Stdio Make(StdioFlags flags, string key, StreamDirectory streams, FileDescriptor nothing)
    {
        Stdio stdio = new(nothing);
        if ((flags & StdioFlags.Terminal) != 0)
            return stdio;
        if ((flags & StdioFlags.Input) != 0)
        {
            (stdio.ChildInput, stdio._input) = Unistd.Pipe();
            stdio._childSide.Add(stdio.ChildInput);
        }
        (stdio._output, stdio.ChildOutput) = streams.MakePipe(key, 1);
        (stdio._error, stdio.ChildError) = streams.MakePipe(key, 2);
        stdio._childSide.AddRange([stdio.ChildOutput, stdio.ChildError]);
        return stdio;
    }

    public FileDescriptor? TakeInput() => Take(ref _input);
    public FileDescriptor? TakeOutput() => Take(ref _output);
    public FileDescriptor? TakeError() => Take(ref _error);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor fd in _childSide)
            fd.Dispose();
        _input?.Dispose();
        _output?.Dispose();
        _error?.Dispose();
    }

    private static FileDescriptor? Take(ref FileDescriptor? fd)
    {
        FileDescriptor? taken = fd;
        fd = null;
        return taken;
    }
}
