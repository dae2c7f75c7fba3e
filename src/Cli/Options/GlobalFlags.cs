using Tare.Cli.CommandLine;

namespace Tare.Cli.Options;

/// <summary>Options that stand before the command.</summary>
internal sealed class GlobalFlags
{
    public GlobalFlags()
    {
        Context = All.Text("context", "Name of the context to use to connect to the engine", 'c');
        Configuration = All.Text("config", "Location of client config files (default DOCKER_CONFIG, or .docker in the home directory)");
        Host = All.Text("host", "Engine socket to connect to", 'H');
        Tls = All.Switch("tls", "Use TLS; implied by --tlsverify");
        Verify = All.Switch("tlsverify", "Use TLS and verify the remote");
        Authority = All.Text("tlscacert", "Trust certs signed only by this CA (default ca.pem in DOCKER_CERT_PATH)");
        Certificate = All.Text("tlscert", "Path to TLS certificate file (default cert.pem there)");
        Key = All.Text("tlskey", "Path to TLS key file (default key.pem there)");
        Version = All.Switch("version", "Print version information and quit", 'v');
    }

    public FlagSet All { get; } = new();
    public TextFlag Context { get; }
    public TextFlag Configuration { get; }
    public TextFlag Host { get; }
    public SwitchFlag Tls { get; }
    public SwitchFlag Verify { get; }
    public TextFlag Authority { get; }
    public TextFlag Certificate { get; }
    public TextFlag Key { get; }
    public SwitchFlag Version { get; }
}
