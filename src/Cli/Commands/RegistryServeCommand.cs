using Tare.Cli.CommandLine;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Cli.Commands;

/// <summary>tare registry serve: becomes tared, which has the server; this program stays small and only talks to servers.</summary>
internal static class RegistryServeCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS]", "Serve an OCI registry") { MaxArguments = 0 };
        TextFlag[] texts =
        [
            command.Flags.Text("addr", "Listen on HOST:PORT (default 127.0.0.1:5000)"),
            command.Flags.Text("config", "Configuration file: access, tokens, quotas, retention, proxies, webhooks"),
            command.Flags.Text("htpasswd", "File of users and bcrypt hashes, as htpasswd -B writes them"),
            command.Flags.Text("root", "Directory that keeps everything (default /var/lib/tare-registry)"),
            command.Flags.Text("tls-cert", "Certificate chain in PEM, for TLS"),
            command.Flags.Text("tls-key", "Key of the certificate in PEM"),
        ];
        SwitchFlag noDelete = command.Flags.Switch("no-delete", "Refuse deletions through the API");
        command.Run = (_, _) =>
        {
            List<string> words = ["registry", "serve"];
            foreach (TextFlag text in texts.Where(text => text.Given is not null))
                words.AddRange(["--" + text.Name, text.Given!]);
            if (noDelete.Value)
                words.Add("--no-delete");
            string program = Environment.GetEnvironmentVariable("TARE_TARED") is { Length: > 0 } given ? given : Path.Combine(AppContext.BaseDirectory, "tared");
            throw TareException.Internal($"start the registry: {program}, which belongs beside tare, does not run: {Unistd.TryExecute(program, words)}");
        };
        return command;
    }
}
