using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi.Networks;

namespace Tare.Cli.Commands.Networks;

/// <summary>tare network connect.</summary>
internal static class ConnectCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NETWORK CONTAINER", "Connect a container to a network") { MinArguments = 2, MaxArguments = 2 };
        ListFlag alias = command.Flags.List("alias", "Add network-scoped alias for the container");
        ListFlag option = command.Flags.List("driver-opt", "driver options for the network");
        NumberFlag priority = command.Flags.Integer("gw-priority", "Highest gw-priority provides the default gateway. Accepts positive and negative values");
        TextFlag ip = command.Flags.Text("ip", "IPv4 address (e.g., \"172.30.100.104\")");
        TextFlag ip6 = command.Flags.Text("ip6", "IPv6 address (e.g., \"2001:db8::33\")");
        ListFlag link = command.Flags.List("link", "Add link to another container");
        ListFlag local = command.Flags.List("link-local-ip", "Add a link-local address for the container");
        command.Run = (session, words) =>
        {
            bool addresses = ip.IsSet || ip6.IsSet || local.IsSet;
            session.Client.Networks.Connect(words[0], new NetworkConnectRequest
            {
                Container = words[1],
                EndpointConfig = new EndpointSettings
                {
                    Aliases = alias.OrNull,
                    Links = link.OrNull,
                    DriverOpts = EnvFile.ToMap(option.Values),
                    GwPriority = (int)priority.Value,
                    IPAMConfig = addresses ? new EndpointIpamConfig { IPv4Address = ip.Given, IPv6Address = ip6.Given, LinkLocalIPs = local.OrNull } : null,
                },
            });
            return 0;
        };
        return command;
    }
}
