using System.Text.Json;
using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Templates;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Json;

namespace Tare.Cli.Commands.Daemon;

/// <summary>tare info: what the engine and its host are.</summary>
internal static class InfoCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Display system-wide information") { MaxArguments = 0 };
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'json' or a Go template", 'f');
        command.Run = (session, _) =>
        {
            ReadOnlyMemory<byte> json = session.Client.Daemon.InfoRaw();
            if (string.IsNullOrEmpty(format.Value))
                Print(session.Out, JsonSerializer.Deserialize(json.Span, EngineApiJson.Default.InfoResponse)!);
            else
                session.Out.WriteLine(Template.Parse(format.Value == "json" ? "{{json .}}" : format.Value).Execute(JsonDocument.Parse(json).RootElement, EngineApiJson.Default.InfoResponse));
            return 0;
        };
        return command;
    }

    private static void Print(Output output, InfoResponse info)
    {
        output.Write($"Client:\n Version:    {ProductVersion.Text}\n\nServer:\n");
        output.Write($" Containers: {info.Containers}\n  Running: {info.ContainersRunning}\n  Paused: {info.ContainersPaused}\n  Stopped: {info.ContainersStopped}\n");
        output.Write($" Images: {info.Images}\n Server Version: {info.ServerVersion}\n Storage Driver: {info.Driver}\n");
        foreach (List<string> pair in info.DriverStatus)
            output.WriteLine($"  {string.Join(": ", pair)}");
        output.Write($" Logging Driver: {info.LoggingDriver}\n Cgroup Driver: {info.CgroupDriver}\n Cgroup Version: {info.CgroupVersion}\n");
        output.Write($" Plugins:\n  Volume: {string.Join(' ', info.Plugins.Volume)}\n  Network: {string.Join(' ', info.Plugins.Network)}\n  Log: {string.Join(' ', info.Plugins.Log)}\n");
        output.Write($" Runtimes: {string.Join(' ', info.Runtimes.Keys)}\n Default Runtime: {info.DefaultRuntime}\n Security Options:\n");
        foreach (string option in info.SecurityOptions)
            output.WriteLine($"  {option.Replace("name=", "", StringComparison.Ordinal)}");
        output.Write($" Kernel Version: {info.KernelVersion}\n Operating System: {info.OperatingSystem}\n OSType: {info.OSType}\n Architecture: {info.Architecture}\n");
        output.Write($" CPUs: {info.NCPU}\n Total Memory: {Human.BinarySize(info.MemTotal)}\n Name: {info.Name}\n ID: {info.ID}\n Root Dir: {info.DockerRootDir}\n");
        foreach (string warning in info.Warnings ?? [])
            output.WriteLine(warning);
    }
}
