using System.Text.Json;
using System.Text.Json.Nodes;
using Tare.Cli.CommandLine;
using Tare.Cli.Contexts;

namespace Tare.Cli.Commands.Contexts;

/// <summary>tare context inspect.</summary>
internal static class InspectCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] [CONTEXT] [CONTEXT...]", "Display detailed information on one or more contexts");
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'json' or a Go template", 'f');
        command.Run = (session, names) =>
        {
            var choice = new EngineChoice(session.Environment, session.Host, session.ContextName);
            List<string> wanted = names.Count > 0 ? names : [choice.ContextName()];
            return Commands.InspectCommand.Run(session, wanted, format.Given, name => new(JsonDocument.Parse(Read(session, choice, name).ToJsonString()), null));
        };
        return command;
    }

    private static JsonObject Read(Session session, EngineChoice choice, string name)
    {
        var store = new ContextStore(session.Environment);
        if (name != EngineChoice.DefaultContext)
        {
            JsonObject found = store.ReadRaw(name);
            found["Storage"] = new JsonObject { ["MetadataPath"] = store.Folder(name) };
            return found;
        }
        return new JsonObject
        {
            ["Name"] = name,
            ["Metadata"] = new JsonObject(),
            ["Endpoints"] = new JsonObject { ["docker"] = new JsonObject { ["Host"] = choice.DefaultHost(), ["SkipTLSVerify"] = false } },
            ["Storage"] = new JsonObject { ["MetadataPath"] = "<IN MEMORY>" },
        };
    }
}
