using Tare.Cli.Contexts;
using Tare.EngineApi.Client;
using Tare.Linux;

namespace Tare.Cli;

/// <summary>What one invocation of the program has: its streams, its environment and, once it is needed, the engine.</summary>
public sealed class Session(Output stdout, Output stderr, Func<string, string?> environment) : IDisposable
{
    private EngineClient? _client;

    /// <summary>Standard input.</summary>
    public FileDescriptor Input { get; } = new(0, owns: false);

    /// <summary>Standard output.</summary>
    public Output Out { get; } = stdout;

    /// <summary>Standard error.</summary>
    public Output Error { get; } = stderr;

    /// <summary>Value of an environment variable, or null.</summary>
    public Func<string, string?> Environment { get; private set; } = environment;

    /// <summary>--host, as given.</summary>
    public string? Host { get; set; }

    /// <summary>--context, as given.</summary>
    public string? ContextName { get; set; }

    /// <summary>What --tls and --tlsverify ask for; null without them.</summary>
    public TlsFiles? Tls { get; set; }

    /// <summary>Makes a directory the one of client configuration files, as DOCKER_CONFIG does.</summary>
    public void UseConfiguration(string directory)
    {
        Func<string, string?> before = Environment;
        Environment = name => name == "DOCKER_CONFIG" ? directory : before(name);
    }

    /// <summary>The engine that options, environment and contexts choose.</summary>
    public EngineClient Client => _client ??= new EngineClient(new EngineChoice(Environment, Host, ContextName, Tls).Address());

    /// <summary>True when standard input is a terminal.</summary>
    public bool InputIsTerminal => Unistd.IsTerminal(Input);

    /// <summary>True when standard output is a terminal.</summary>
    public static bool OutputIsTerminal
    {
        get
        {
            using var fd = new FileDescriptor(1, owns: false);
            return Unistd.IsTerminal(fd);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client?.Dispose();
        Input.Dispose();
    }
}
