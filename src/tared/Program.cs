using Tare.Engine.Daemon;
using Tare.EngineApi.Server.Configuration;
using Tare.EngineApi.Server.Hosting;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Hosts;

/// <summary>tared: the engine behind its API.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        try
        {
            if (RegistryProcess.IsWanted(arguments))
                return await RegistryProcess.RunAsync(arguments);
            DaemonOptions options = DaemonOptions.Read(arguments, AppContext.BaseDirectory);
            if (options.WantsHelp)
                return Say(HelpText.Of());
            if (options.WantsVersion)
                return Say($"tared version {EngineVersion.Text}\n");
            await using var daemon = new DaemonProcess(options);
            await daemon.RunAsync();
            return 0;
        }
        catch (Exception error) when (error is TareException or SyscallException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"tared: {TareException.Describe(error)}");
            return 1;
        }
    }

    private static int Say(string text)
    {
        Console.Out.Write(text);
        return 0;
    }
}
