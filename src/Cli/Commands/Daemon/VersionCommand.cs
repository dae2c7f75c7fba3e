using System.Text.Json;
using System.Text.Json.Nodes;
using Tare.Cli.CommandLine;
using Tare.Cli.Templates;
using Tare.Errors;

namespace Tare.Cli.Commands.Daemon;

/// <summary>tare version: of this program and of the engine.</summary>
internal static class VersionCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Show the Tare version information") { MaxArguments = 0 };
        TextFlag format = command.Flags.Text("format", "Format output using a custom template: 'json' or a Go template", 'f');
        command.Run = (session, _) =>
        {
            JsonNode? server = null;
            Exception? failure = null;
            try
            {
                server = JsonNode.Parse(session.Client.Daemon.VersionRaw().Span);
            }
            catch (Exception error) when (error is TareException or IOException)
            {
                failure = error;
            }
            if (string.IsNullOrEmpty(format.Value))
                Print(session, server);
            else
                session.Out.WriteLine(Template.Parse(format.Value == "json" ? "{{json .}}" : format.Value).Execute(Both(session, server)));
            return failure is null ? 0 : throw new ExitException(1, failure is TareException tare ? TareException.Describe(tare) : failure.Message);
        };
        return command;
    }

    private static JsonElement Both(Session session, JsonNode? server)
    {
        var both = new JsonObject
        {
            ["Client"] = new JsonObject
            {
                ["Version"] = ProductVersion.Text,
                ["ApiVersion"] = EngineApi.Daemon.ApiVersions.Maximum,
                ["Os"] = "linux",
                ["Arch"] = Architecture,
                ["Context"] = new Cli.Contexts.EngineChoice(session.Environment, session.Host, session.ContextName).ContextName(),
            },
            ["Server"] = server,
        };
        return JsonDocument.Parse(both.ToJsonString()).RootElement;
    }

    private static void Print(Session session, JsonNode? server)
    {
        session.Out.Write($"Client:\n Version:           {ProductVersion.Text}\n API version:       {EngineApi.Daemon.ApiVersions.Maximum}\n OS/Arch:           linux/{Architecture}\n");
        if (server is null)
            return;
        string Text(string name) => server[name]?.ToString() ?? "";
        session.Out.Write($"\nServer: {server["Platform"]?["Name"]}\n Engine:\n  Version:          {Text("Version")}\n  API version:      {Text("ApiVersion")} (minimum version {Text("MinAPIVersion")})\n");
        session.Out.Write($"  OS/Arch:          {Text("Os")}/{Text("Arch")}\n  Kernel:           {Text("KernelVersion")}\n");
        foreach (JsonNode? component in server["Components"]?.AsArray() ?? [])
        {
            if (component?["Name"]?.ToString() is { } name and not "Engine")
                session.Out.Write($" {name}:\n  Version:          {component["Version"]}\n");
        }
    }

    private static string Architecture => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture other => other.ToString(),
    };
}
