using Tare.Engine.Daemon;
using Tare.EngineApi.Server.Configuration;
using Tare.EngineApi.Server.Hosting;
using Tare.Errors;
using Tare.Linux;
using Tare.Registry.Hosting;

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
            // A keeper's children become this process's when it dies, and how they end is known.
            Process.BecomeSubreaper();
            // What repositories have is theirs also while no registry serves it.
            options = options with { Engine = options.Engine with { OtherHolder = RegistryServer.ClaimsIn } };
            await using var daemon = new DaemonProcess(options, RegistryProcess.Beside(options));
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
