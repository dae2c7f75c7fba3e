using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Health;

/// <summary>How a container is asked whether it is well.</summary>
internal abstract record HealthProbe
{
    /// <summary>Label with a probe of the engine's own, which needs no program in the container: http://:8080/path, tcp://:5432, grpc://:50051/service.</summary>
    internal const string Label = "tare.health.probe";

    private HealthProbe() { }

    /// <summary>A command in the container; 0 is healthy.</summary>
    internal sealed record Command(IReadOnlyList<string> Words) : HealthProbe;

    /// <summary>GET; a status below 400 is healthy.</summary>
    internal sealed record Http(Uri Url) : HealthProbe;

    /// <summary>A connection that is accepted is healthy.</summary>
    internal sealed record Tcp(string Host, int Port) : HealthProbe;

    /// <summary>grpc.health.v1.Health/Check; SERVING is healthy.</summary>
    internal sealed record Grpc(string Host, int Port, string Service) : HealthProbe;

    /// <summary>What a container's configuration asks for; null for nothing. InvalidArgument for a label that says nothing.</summary>
    internal static HealthProbe? From(ContainerConfig config)
    {
        if (config.Labels?.GetValueOrDefault(Label) is { Length: > 0 } text)
            return Parse(text);
        return config.Healthcheck is not { Test: { Count: > 1 } test } ? null : test[0] switch
        {
            "CMD" => new Command(test[1..]),
            "CMD-SHELL" => new Command([.. config.Shell ?? ["/bin/sh", "-c"], test[1]]),
            _ => null,
        };
    }

    private static HealthProbe Parse(string text)
    {
        // ":80" means the container itself.
        string full = text.Replace("://:", "://127.0.0.1:", StringComparison.Ordinal);
        if (Uri.TryCreate(full, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0)
        {
            switch (uri.Scheme)
            {
                case "http":
                    return new Http(uri);
                case "tcp" when uri.Port > 0:
                    return new Tcp(uri.IdnHost, uri.Port);
                case "grpc" when uri.Port > 0:
                    return new Grpc(uri.IdnHost, uri.Port, uri.AbsolutePath.Trim('/'));
                default:
                    break;
            }
        }
        throw TareException.Invalid($"label {Label}: \"{text}\" is none of http://HOST:PORT/PATH, tcp://HOST:PORT, grpc://HOST:PORT/SERVICE; without HOST it is the container itself");
    }
}
