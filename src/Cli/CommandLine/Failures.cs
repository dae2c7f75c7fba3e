namespace Tare.Cli.CommandLine;

/// <summary>The command line itself is wrong; the message is followed by the command's usage.</summary>
public sealed class UsageException(string message, int exitCode = 125) : Exception(message)
{
    /// <summary>What the program exits with.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>Ends the command with a code; the message, when there is one, has all that is to be said.</summary>
public sealed class ExitException(int exitCode, string message = "") : Exception(message)
{
    /// <summary>What the program exits with.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>--help was among the options.</summary>
public sealed class HelpWantedException : Exception;
