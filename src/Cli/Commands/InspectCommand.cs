using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tare.Cli.CommandLine;
using Tare.Cli.Templates;
using Tare.EngineApi.Client;
using Tare.EngineApi.Json;
using Tare.Errors;

namespace Tare.Cli.Commands;

/// <summary>tare inspect, and the inspect command of each kind of thing: everything the engine says, as JSON or through a template.</summary>
internal static class InspectCommand
{
    /// <summary>A kind of thing: how it is asked for, and what the answer is.</summary>
    private sealed record Kind(string Name, Func<EngineClient, string, bool, ReadOnlyMemory<byte>> Read, JsonTypeInfo Type);

    private static readonly Kind[] Kinds =
    [
        new("container", static (client, name, size) => client.Containers.InspectRaw(name, size), EngineApiJson.Default.ContainerInspect),
        new("image", static (client, name, _) => client.Images.InspectRaw(name), EngineApiJson.Default.ImageInspect),
        new("network", static (client, name, _) => client.Networks.InspectRaw(name), EngineApiJson.Default.NetworkInspect),
        new("volume", static (client, name, _) => client.Volumes.InspectRaw(name), EngineApiJson.Default.Volume),
    ];

    /// <summary>Something found, and its type where it is known.</summary>
    internal readonly record struct Found(JsonDocument Document, JsonTypeInfo? Type);

    /// <summary>Looks for the name among all kinds.</summary>
    public static Command Any(string path)
    {
        var command = new Command(path, "[OPTIONS] NAME|ID [NAME|ID...]", "Return low-level information on objects") { MinArguments = 1 };
        TextFlag format = Format(command);
        SwitchFlag size = command.Flags.Switch("size", "Display total file sizes if the type is container", 's');
        TextFlag type = command.Flags.Text("type", "Only inspect objects of the given type");
        command.Run = (session, names) =>
        {
            Kind[] kinds = type.IsSet ? [.. Kinds.Where(k => k.Name == type.Value)] : Kinds;
            if (kinds.Length == 0)
                throw new ExitException(1, $"unknown type: \"{type.Value}\": must be one of {string.Join(", ", Kinds.Select(k => $"\"{k.Name}\""))}");
            return Run(session, names, format.Given, name => Find(session.Client, kinds, name, size.Value));
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

    /// <summary>Prints each thing found, then what was said of those that were not; 1 when there was one.</summary>
    public static int Run(Session session, List<string> names, string? format, Func<string, Found> find)
    {
        Template? template = string.IsNullOrEmpty(format) || format == "json" ? null : Parse(format);
        var found = new List<Found>();
        var failures = new List<string>();
        foreach (string name in names)
        {
            try
            {
                found.Add(find(name));
            }
            catch (EngineErrorException error) when (error.Status is 404 or 400)
            {
                failures.Add($"Error response from daemon: {error.Message}");
            }
            catch (TareException error) when (error.Kind == ErrorKind.NotFound)
            {
                failures.Add($"Error: {error.Message}");
            }
        }
        if (template is null)
            WriteArray(session, found, compact: format == "json");
        else
            WriteTemplate(session, found, template);
        session.Out.Flush();
        foreach (string failure in failures)
            session.Error.WriteLine(failure);
        return failures.Count == 0 ? 0 : 1;
    }

    private static Command Of(string path, string argument, string plural, Kind kind)
    {
        var command = new Command(path, $"[OPTIONS] {argument} [{argument}...]", $"Display detailed information on one or more {plural}") { MinArguments = 1 };
        TextFlag format = Format(command);
        SwitchFlag? size = kind.Name == "container" ? command.Flags.Switch("size", "Display total file sizes", 's') : null;
        TextFlag? platform = kind.Name == "image" ? command.Flags.Text("platform", "Inspect a specific platform of the multi-platform image: os[/arch[/variant]]") : null;
        command.Run = (session, names) =>
        {
            Kind asked = platform is { IsSet: true } ? kind with { Read = (client, name, _) => client.Images.InspectRaw(name, platform.Value) } : kind;
            return Run(session, names, format.Given, name => Find(session.Client, [asked], name, size?.Value ?? false));
        };
        return command;
    }

    private static TextFlag Format(Command command) =>
        command.Flags.Text("format", "Format output using a custom template: 'json' or a Go template", 'f');

    private static Template Parse(string format)
    {
        try
        {
            return Template.Parse(format);
        }
        catch (TemplateException error)
        {
            throw new ExitException(64, "template parsing error: " + error.Message);
        }
    }

    /// <summary>What the engine says of one kind is said; of several, that no kind has it.</summary>
    private static Found Find(EngineClient client, Kind[] kinds, string name, bool size)
    {
        foreach (Kind kind in kinds)
        {
            try
            {
                return new Found(JsonDocument.Parse(kind.Read(client, name, size)), kind.Type);
            }
            catch (EngineErrorException error) when (kinds.Length > 1 && error.Status is 404 or 400)
            {
                // A name of another kind; the next may know it.
            }
        }
        throw TareException.NotFound($"No such object: {name}");
    }

    private static void WriteArray(Session session, List<Found> found, bool compact)
    {
        void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartArray();
            foreach (Found one in found)
                one.Document.RootElement.WriteTo(writer);
            writer.WriteEndArray();
        }
        if (compact)
            session.Out.WriteLine("[" + string.Join(',', found.Select(f => TemplateValue.Json(TypedJson.Value(f.Document.RootElement, f.Type)))) + "]");
        else
            WriteIndented(session.Out, Write);
    }

    private static void WriteTemplate(Session session, List<Found> found, Template template)
    {
        foreach (Found one in found)
        {
            try
            {
                session.Out.WriteLine(template.Execute(one.Document.RootElement, one.Type));
            }
            catch (TemplateException error)
            {
                session.Out.WriteLine();
                throw new ExitException(1, "template parsing error: " + error.Message);
            }
        }
    }
}
