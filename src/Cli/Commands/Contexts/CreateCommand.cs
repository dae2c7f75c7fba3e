using Tare.Cli.CommandLine;
using Tare.Cli.Contexts;
using Tare.Cli.Options;
using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Commands.Contexts;

/// <summary>tare context create.</summary>
internal static class CreateCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTEXT", "Create a context") { MinArguments = 1, MaxArguments = 1 };
        TextFlag description = command.Flags.Text("description", "Description of the context");
        TextFlag endpoint = command.Flags.Text("docker", "Set the endpoint: host=ADDRESS", valueName: "stringToString");
        command.Run = (session, names) =>
        {
            string? host = Csv.Split(endpoint.Value).Select(Csv.Pair).FirstOrDefault(p => p.Key == "host").Value;
            if (string.IsNullOrEmpty(host))
                throw TareException.Invalid("docker endpoint configuration is required: --docker host=unix:///path");
            _ = EngineAddress.Parse(host);
            new ContextStore(session.Environment).Create(new EngineContext(names[0], description.Value, host));
            session.Out.WriteLine(names[0]);
            session.Error.WriteLine($"Successfully created context \"{names[0]}\"");
            return 0;
        };
        return command;
    }
}
