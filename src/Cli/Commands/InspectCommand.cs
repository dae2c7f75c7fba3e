using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tare.Cli.CommandLine;
using Tare.Cli.Templates;
using Tare.EngineApi.Client;

namespace Tare.Cli.Commands;

/// <summary>tare inspect, and the inspect command of each kind of thing: everything the engine says, as JSON or through a template.</summary>
internal static class InspectCommand
{
    private delegate ReadOnlyMemory<byte> Reader(EngineClient client, string name, bool size);

    private static readonly (string Type, Reader Read)[] Kinds =
    [
        ("container", static (client, name, size) => client.Containers.InspectRaw(name, size)),
        ("image", static (client, name, _) => client.Images.InspectRaw(name)),
        ("network", static (client, name, _) => client.Networks.InspectRaw(name)),
        ("volume", static (client, name, _) => client.Volumes.InspectRaw(name)),
    ];

    /// <summary>Looks for the name among all kinds.</summary>
    public static Command Any(string path)
    {
        var command = new Command(path, "[OPTIONS] NAME|ID [NAME|ID...]", "Return low-level information on objects") { MinArguments = 1 };
        TextFlag format = Format(command);
        SwitchFlag size = command.Flags.Switch("size", "Display total file sizes if the type is container", 's');
        TextFlag type = command.Flags.Text("type", "Only inspect objects of the given type");
        command.Run = (session, names) =>
        {
            (string Type, Reader Read)[] kinds = type.IsSet ? [.. Kinds.Where(k => k.Type == type.Value)] : Kinds;
            if (kinds.Length == 0)
                throw new ExitException(1, $"\"{type.Value}\" is not a valid value for --type");
            string what = type.IsSet ? $"no such {type.Value}" : "no such object";
            return Run(session, names, format.Given, name => Find(session.Client, kinds, name, size.Value), what);
        };
        return command;
    }

    public static Command Container(string path) => Of(path, "CONTAINER", "containers", Kinds[0]);

    public static Command Image(string path) => Of(path, "IMAGE", "images", Kinds[1]);

    public static Command Network(string path) => Of(path, "NETWORK", "networks", Kinds[2]);

    public static Command Volume(string path) => Of(path, "VOLUME", "volumes", Kinds[3]);

    /// <summary>Indented as Docker indents.</summary>
    public static void WriteIndented(Output output, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentSize = 4, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(writer);
        output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>Prints each thing found; 1 when one is missing.</summary>
    public static int Run(Session session, List<string> names, string? format, Func<string, JsonDocument?> find, string missing)
    {
        var found = new List<JsonDocument>();
        var failures = new List<string>();
        foreach (string name in names)
        {
            if (find(name) is { } document)
                found.Add(document);
            else
                failures.Add($"Error: {missing}: {name}");
        }
        if (string.IsNullOrEmpty(format) || format == "json")
            WriteArray(session, found, compact: format == "json");
        else
            WriteTemplate(session, found, format);
        session.Out.Flush();
        foreach (string failure in failures)
            session.Error.WriteLine(failure);
        return failures.Count == 0 ? 0 : 1;
    }

    private static Command Of(string path, string argument, string plural, (string Type, Reader Read) kind)
    {
        var command = new Command(path, $"[OPTIONS] {argument} [{argument}...]", $"Display detailed information on one or more {plural}") { MinArguments = 1 };
        TextFlag format = Format(command);
        SwitchFlag? size = kind.Type == "container" ? command.Flags.Switch("size", "Display total file sizes", 's') : null;
        command.Run = (session, names) =>
            Run(session, names, format.Given, name => Find(session.Client, [kind], name, size?.Value ?? false), $"no such {kind.Type}");
        return command;
    }

    private static TextFlag Format(Command command) =>
        command.Flags.Text("format", "Format output using a custom template: 'json' or a Go template", 'f');

    private static JsonDocument? Find(EngineClient client, (string Type, Reader Read)[] kinds, string name, bool size)
    {
        foreach ((_, Reader read) in kinds)
        {
            try
            {
                return JsonDocument.Parse(read(client, name, size));
            }
            catch (EngineErrorException error) when (error.Status is 404 or 400)
            {
                // A name of another kind; the next may know it.
            }
        }
        return null;
    }

    private static void WriteArray(Session session, List<JsonDocument> found, bool compact)
    {
        void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartArray();
            foreach (JsonDocument document in found)
                document.RootElement.WriteTo(writer);
            writer.WriteEndArray();
        }
        if (compact)
            session.Out.WriteLine("[" + string.Join(',', found.Select(d => TemplateValue.Json(d.RootElement))) + "]");
        else
            WriteIndented(session.Out, Write);
    }

    private static void WriteTemplate(Session session, List<JsonDocument> found, string format)
    {
        var template = Template.Parse(format);
        foreach (JsonDocument document in found)
            session.Out.WriteLine(template.Execute(document.RootElement));
    }
}
