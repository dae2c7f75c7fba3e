using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tare.Engine;
using Tare.EngineApi.Server.Configuration;
using Tare.EngineApi.Server.Hosting;
using Tare.Registry.Hosting;

namespace Tare.Hosts;

/// <summary>"tared registry serve": a registry without an engine, from start to end.</summary>
internal static class RegistryProcess
{
    /// <summary>True for the words that ask for it.</summary>
    public static bool IsWanted(string[] arguments) => arguments is ["registry", "serve", ..];

    /// <summary>What starts a registry on an engine's blob store, or null when none is wanted.</summary>
    public static Func<EngineHost, StderrLogger, Task<IAsyncDisposable>>? Beside(DaemonOptions options)
    {
        if (options.RegistryAddress is not { } address)
            return null;
        RegistryOptions registry = RegistryConfiguration.ForEngine(address, options.RegistryConfiguration);
        string directory = Path.Combine(options.Engine.DataRoot, "registry");
        return async (engine, log) => await RegistryServer.StartAsync(registry, directory, engine.Content, engine.Database, log);
    }

    /// <summary>Serves until SIGTERM or SIGINT.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Contains("--help") || arguments.Contains("-h"))
        {
            Console.Out.Write(RegistryConfiguration.Help);
            return 0;
        }
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        RegistryOptions options = RegistryConfiguration.FromArguments(arguments[2..]);
        using var log = new StderrLogger(LogLevel.Warning);
        await using StandaloneRegistry registry = await StandaloneRegistry.StartAsync(options, log);
        await Console.Error.WriteLineAsync($"registry serving on {(options.TlsCertificate is null ? "http" : "https")}://{registry.Server.Address} from {options.Root}");
        await stop.Task;
        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            _ = stop.TrySetResult();
        }
    }
}
