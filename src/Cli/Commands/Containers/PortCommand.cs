using Tare.Cli.CommandLine;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare port: where a container's ports are published.</summary>
internal static class PortCommand
{
    public static Command Build(string path) => new(path, "CONTAINER [PRIVATE_PORT[/PROTO]]", "List port mappings or a specific mapping for the container")
    {
        MinArguments = 1,
        MaxArguments = 2,
        Run = static (session, words) =>
        {
            Dictionary<string, List<PortBinding>?> ports = session.Client.Containers.Inspect(words[0]).NetworkSettings.Ports;
            string? wanted = words.Count < 2 ? null : words[1].Contains('/', StringComparison.Ordinal) ? words[1] : words[1] + "/tcp";
            bool found = false;
            foreach ((string port, List<PortBinding>? bindings) in ports.OrderBy(p => p.Key, StringComparer.Ordinal))
            {
                if (wanted is not null && port != wanted)
                    continue;
                foreach (PortBinding binding in bindings ?? [])
                {
                    found = true;
                    string host = binding.HostIp.Contains(':', StringComparison.Ordinal) ? $"[{binding.HostIp}]" : binding.HostIp;
                    session.Out.WriteLine(wanted is null ? $"{port} -> {host}:{binding.HostPort}" : $"{host}:{binding.HostPort}");
                }
            }
            return found || wanted is null ? 0 : throw new ExitException(1, $"Error: No public port '{words[1]}' published for {words[0]}");
        },
    };
}
