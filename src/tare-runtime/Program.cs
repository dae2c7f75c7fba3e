using Tare.Errors;
using Tare.Linux;
using Tare.Runtime.CommandLine;

namespace Tare.Hosts;

/// <summary>tare-runtime: the OCI runtime command line, for engines that call runc.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        GlobalOptions? options = null;
        try
        {
            options = GlobalOptions.Parse(arguments);
            Report.Debug(options, $"{options.CommandName} {string.Join(' ', options.Rest)}, root {options.Root}");
            return Command.Run(options);
        }
        catch (Exception e) when (e is TareException or SyscallException or IOException or UnauthorizedAccessException)
        {
            string command = options?.CommandName is "create" or "run" or "exec" && e is TareException { Kind: not ErrorKind.NotFound } ? options.CommandName == "exec" ? "exec failed: " : $"{Help.ProgramName} {options.CommandName} failed: " : "";
            Report.Error(options, command + TareException.Describe(e));
            return options?.CommandName == "exec" ? ExecCommand.Failed : 1;
        }
    }
}
