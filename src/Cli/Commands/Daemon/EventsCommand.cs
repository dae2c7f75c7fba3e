using System.Text.Json;
using Tare.Cli.CommandLine;
using Tare.Cli.Commands.Containers;
using Tare.Cli.Templates;
using Tare.EngineApi;
using Tare.EngineApi.Client;
using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Daemon;
using Tare.EngineApi.Json;

namespace Tare.Cli.Commands.Daemon;

/// <summary>tare events: what happens in the engine, as it happens.</summary>
internal static class EventsCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Get real time events from the server") { MaxArguments = 0 };
        ListFlag filter = command.Flags.List("filter", "Filter output based on conditions provided", 'f', "filter");
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'json' or a Go template");
        TextFlag since = command.Flags.Text("since", "Show all events created since timestamp");
        TextFlag until = command.Flags.Text("until", "Stream events until this timestamp");
        command.Run = (session, _) =>
        {
            Template? template = string.IsNullOrEmpty(format.Value) ? null : Template.Parse(format.Value == "json" ? "{{json .}}" : format.Value);
            using EngineResponse response = session.Client.Daemon.Events(Moment.Parse(since.Given), Moment.Parse(until.Given), Confirmation.Filters(filter.Values));
            foreach (ReadOnlyMemory<byte> json in JsonSequence.ReadRaw(response.Body))
            {
                if (template is null)
                    session.Out.WriteLine(Line(JsonSerializer.Deserialize(json.Span, EngineApiJson.Default.EventMessage)!));
                else
                    session.Out.WriteLine(template.Execute(JsonDocument.Parse(json.ToArray()).RootElement, EngineApiJson.Default.EventMessage));
                session.Out.Flush();
            }
            return 0;
        };
        return command;
    }

    internal static string Line(EventMessage message)
    {
        string attributes = string.Join(", ", message.Actor.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}"));
        string line = $"{GoTime.FormatNanoseconds(message.TimeNano)} {message.Type} {message.Action} {message.Actor.ID}";
        return attributes.Length > 0 ? $"{line} ({attributes})" : line;
    }
}
