namespace Tare.Keeper.Protocol;

/// <summary>What a packet between the engine and the keeper is. Replies carry the request's number; notices carry 0.</summary>
public enum MessageType : uint
{
    None,

    /// <summary>Engine to keeper: start a process. Answered by <see cref="Spawned"/> or <see cref="Failed"/>.</summary>
    Spawn,

    /// <summary>Keeper to engine: pid, with the pidfd attached.</summary>
    Spawned,

    /// <summary>Keeper to engine: {operation index or -1, errno}.</summary>
    Failed,

    /// <summary>Engine to keeper: connect a stream socket (attached) to a process, started or not yet.</summary>
    Attach,

    /// <summary>Engine to keeper: window size of a process's terminal.</summary>
    Resize,

    /// <summary>Engine to keeper: end of the process's standard input.</summary>
    CloseInput,

    /// <summary>Engine to keeper: everything the keeper holds. Answered by one <see cref="Record"/> each and a final <see cref="Done"/>.</summary>
    List,

    /// <summary>Keeper to engine: one process, running (with its pidfd attached) or ended.</summary>
    Record,

    /// <summary>Engine to keeper: the engine has stored the exit status; the record may go.</summary>
    Forget,

    /// <summary>Keeper to engine: the request is carried out.</summary>
    Done,

    /// <summary>Keeper to engine, a notice: a process has ended and its output is in the log.</summary>
    Exited,

    /// <summary>Keeper to engine, a notice: a process's input is closed; a copy of it must go too.</summary>
    InputClosed,

    /// <summary>Engine to a new keeper: a process that another keeper started, with its pidfd, log directory, input or terminal.</summary>
    Adopt,

    /// <summary>Engine to keeper: how an adopted process ended, by its parent.</summary>
    Report,

    /// <summary>
    /// Engine to keeper: a spawned process has made another child of the keeper's, which takes its place; with its terminal's master side attached, if it has
    /// one. Answered as a spawn.
    /// </summary>
    Follow,
}

/// <summary>How a process's standard streams are made.</summary>
[Flags]
public enum StdioFlags : uint
{
    /// <summary>Pipes for output, /dev/null as input.</summary>
    None = 0,

    /// <summary>The program sends a terminal's master side over the status socket.</summary>
    Terminal = 1,

    /// <summary>Standard input is a pipe that attachments write to.</summary>
    Input = 2,

    /// <summary>Output goes to a log file; the log's directory is among the descriptors.</summary>
    Log = 4,
}

/// <summary>What a connected stream carries.</summary>
[Flags]
public enum AttachFlags : uint
{
    None = 0,
    Input = 1,
    Output = 2,
    Error = 4,

    /// <summary>Output is framed with 8-byte headers {stream, 0, 0, 0, length big-endian}, so that both streams share the socket.</summary>
    Multiplexed = 8,

    /// <summary>End of this stream's input is end of the process's input.</summary>
    CloseInputAtEnd = 16,

    /// <summary>The stream stays when the process ends and goes on with the next one of the same key, until the key is forgotten.</summary>
    AcrossRestarts = 32,
}

/// <summary>Descriptors of a running process that the engine holds too, in the order in which they are passed.</summary>
[Flags]
public enum HeldStream : uint
{
    None = 0,

    /// <summary>The writing end of its standard input.</summary>
    Input = 1,

    /// <summary>The master side of its terminal.</summary>
    Terminal = 2,

    /// <summary>The reading end of its output.</summary>
    Output = 4,

    /// <summary>The reading end of its error output.</summary>
    Error = 8,
}

/// <summary>A process as the keeper remembers it.</summary>
/// <param name="Key">The engine's name for it: a container's or an exec's id.</param>
/// <param name="Pid">In the keeper's pid namespace.</param>
/// <param name="Running">False once it has ended.</param>
/// <param name="Code">Exit code, when it ended by itself.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="EndedUnixNanoseconds">When, in nanoseconds since 1970, or 0.</param>
public sealed record ProcessNotice(string Key, int Pid, bool Running, int Code, int Signal, long EndedUnixNanoseconds)
{
    /// <summary>The code, or 128 plus the signal.</summary>
    public int ShellCode => Signal == 0 ? Code : 128 + Signal;
}

/// <summary>Bounds of a container's log file.</summary>
/// <param name="FileName">Name in the log directory; rotated files are FileName.1, FileName.2, ….</param>
/// <param name="MaxSize">Bytes before rotation; 0 is no bound.</param>
/// <param name="MaxFiles">How many files there are at most, the current one included.</param>
public sealed record LogOptions(string FileName, long MaxSize, int MaxFiles);
