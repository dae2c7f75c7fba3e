using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Contexts;

/// <summary>
/// Which engine a command talks to, first match wins: --host, --context, TARE_HOST, DOCKER_HOST, DOCKER_CONTEXT, currentContext of the
/// configuration, Tare's own socket, and Docker's socket only where Tare's does not exist.
/// </summary>
internal sealed class EngineChoice(Func<string, string?> environment, string? host, string? context, TlsFiles? tls = null)
{
    public const string DefaultContext = "default";
    private const string TareSocket = "/run/tare/tared.sock";
    private const string DockerSocket = "/var/run/docker.sock";

    /// <summary>Name of the context in effect; "default" when a host overrides it.</summary>
    public string ContextName()
    {
        if (host is not null)
            return context is null ? DefaultContext : throw TareException.Invalid("conflicting options: cannot specify both --host and --context");
        if (context is not null)
            return context;
        if (HostOfEnvironment() is not null)
            return DefaultContext;
        return NotEmpty("DOCKER_CONTEXT") ?? new ContextStore(environment).Current() ?? DefaultContext;
    }

    public EngineAddress Address()
    {
        string name = ContextName();
        if (name == DefaultContext)
            return EngineAddress.Parse(DefaultHost(), tls ?? TlsOfEnvironment());
        var store = new ContextStore(environment);
        return EngineAddress.Parse(store.Read(name).Host, tls ?? store.Tls(name));
    }

    /// <summary>The address of the default context.</summary>
    public string DefaultHost() =>
        host ?? HostOfEnvironment() ?? "unix://" + (File.Exists(TareSocket) || !File.Exists(DockerSocket) ? TareSocket : DockerSocket);

    /// <summary>DOCKER_TLS_VERIFY switches TLS on, with the files in DOCKER_CERT_PATH or ~/.docker.</summary>
    private TlsFiles? TlsOfEnvironment() => NotEmpty("DOCKER_TLS_VERIFY") is null ? null : TlsFiles.In(CertificatePath());

    /// <summary>Where certificates are looked for.</summary>
    public string CertificatePath() => NotEmpty("DOCKER_CERT_PATH") ?? NotEmpty("DOCKER_CONFIG") ?? Path.Combine(environment("HOME") ?? "/root", ".docker");

    private string? HostOfEnvironment() => NotEmpty("TARE_HOST") ?? NotEmpty("DOCKER_HOST");

    private string? NotEmpty(string name) => environment(name) is { Length: > 0 } value ? value : null;
}
