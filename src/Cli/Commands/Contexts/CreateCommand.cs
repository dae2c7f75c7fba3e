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
        TextFlag endpoint = command.Flags.Text("docker", "Set the endpoint: host=ADDRESS[,ca=FILE,cert=FILE,key=FILE,skip-tls-verify=BOOL]", valueName: "stringToString");
        command.Run = (session, names) =>
        {
            Dictionary<string, string> parts = Csv.Split(endpoint.Value).Select(Csv.Pair).ToDictionary(p => p.Key, p => p.Value ?? "");
            if (parts.Keys.FirstOrDefault(key => key is not ("host" or "ca" or "cert" or "key" or "skip-tls-verify")) is { } unknown)
                throw TareException.Invalid($"unrecognized config key: {unknown}");
            string? host = parts.GetValueOrDefault("host");
            if (string.IsNullOrEmpty(host))
                throw TareException.Invalid("docker endpoint configuration is required: --docker host=unix:///path");
            _ = EngineAddress.Parse(host);
            bool skip = parts.GetValueOrDefault("skip-tls-verify") == "true";
            TlsFiles? tls = skip || parts.ContainsKey("ca") || parts.ContainsKey("cert")
                ? new TlsFiles(parts.GetValueOrDefault("ca"), parts.GetValueOrDefault("cert"), parts.GetValueOrDefault("key"), !skip) : null;
            new ContextStore(session.Environment).Create(new EngineContext(names[0], description.Value, host), tls);
            session.Out.WriteLine(names[0]);
            session.Error.WriteLine($"Successfully created context \"{names[0]}\"");
            return 0;
        };
        return command;
    }
}
