using Tare.Cli.CommandLine;
using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>Exit codes of a container that could not be started: 127 not found, 126 not executable, 125 anything else.</summary>
internal static class StartFailure
{
    public static ExitException ToExit(Exception error)
    {
        string text = error is EngineErrorException ? $"Error response from daemon: {error.Message}" : TareException.Describe(error);
        return new ExitException(CodeOf(error.Message), $"tare: {text}\n\nRun 'tare run --help' for more information");
    }

    /// <summary>The engine says it in words only, as Docker's does.</summary>
    public static int CodeOf(string message)
    {
        bool Has(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
        if (Has("executable file not found") || Has("no such file or directory") || Has("system cannot find the file"))
            return 127;
        return Has("permission denied") || Has("is a directory") || Has("exec format error") ? 126 : 125;
    }
}
