using Tare.Cli.CommandLine;
using Tare.Cli.Contexts;
using Tare.Cli.Formatting;

namespace Tare.Cli.Commands.Contexts;

/// <summary>tare context ls.</summary>
internal static class ListCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "List contexts") { MaxArguments = 0 };
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or a Go template");
        SwitchFlag quiet = command.Flags.Switch("quiet", "Only show context names", 'q');
        command.Run = (session, _) =>
        {
            var choice = new EngineChoice(session.Environment, session.Host, session.ContextName);
            string current = choice.ContextName();
            var listing = new Listing(("Shown", "NAME"), ("Description", "DESCRIPTION"), ("DockerEndpoint", "ENDPOINT"));
            var all = new List<EngineContext> { new(EngineChoice.DefaultContext, "Host of the environment, or the local socket", choice.DefaultHost()) };
            all.AddRange(new ContextStore(session.Environment).List());
            foreach (EngineContext context in all)
            {
                bool isCurrent = context.Name == current;
                listing.Add(new Dictionary<string, object?>
                {
                    ["Name"] = context.Name,
                    ["Shown"] = isCurrent ? context.Name + " *" : context.Name,
                    ["Description"] = context.Description,
                    ["DockerEndpoint"] = context.Host,
                    ["Current"] = isCurrent,
                });
            }
            listing.Print(session.Out, format.Given, quiet.Value ? "Name" : null);
            return 0;
        };
        return command;
    }
}
