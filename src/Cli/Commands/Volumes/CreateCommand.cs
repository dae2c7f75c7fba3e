using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi.Volumes;

namespace Tare.Cli.Commands.Volumes;

/// <summary>tare volume create.</summary>
internal static class CreateCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] [VOLUME]", "Create a volume") { MaxArguments = 1 };
        TextFlag driver = command.Flags.Text("driver", "Specify volume driver name", 'd', value: "local");
        ListFlag label = command.Flags.List("label", "Set metadata for a volume");
        ListFlag option = command.Flags.List("opt", "Set driver specific options", 'o', "map");
        command.Run = (session, words) =>
        {
            Volume made = session.Client.Volumes.Create(new VolumeCreateRequest
            {
                Name = words.ElementAtOrDefault(0),
                Driver = driver.Value,
                Labels = EnvFile.ToMap(label.Values),
                DriverOpts = EnvFile.ToMap(option.Values),
            });
            session.Out.WriteLine(made.Name);
            return 0;
        };
        return command;
    }
}
