using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi.Networks;
using Tare.Errors;

namespace Tare.Cli.Commands.Networks;

/// <summary>tare network create.</summary>
internal static class CreateCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] NETWORK", "Create a network") { MinArguments = 1, MaxArguments = 1 };
        FlagSet flags = command.Flags;
        TextFlag driver = flags.Text("driver", "Driver to manage the Network", 'd', value: "bridge");
        ListFlag option = flags.List("opt", "Set driver specific options", 'o', "map");
        ListFlag subnet = flags.List("subnet", "Subnet in CIDR format that represents a network segment");
        ListFlag gateway = flags.List("gateway", "IPv4 or IPv6 Gateway for the master subnet", check: HostEntry.CheckAddress);
        ListFlag range = flags.List("ip-range", "Allocate container ip from a sub-range");
        ListFlag auxiliary = flags.List("aux-address", "Auxiliary IPv4 or IPv6 addresses used by Network driver", valueName: "map");
        TextFlag ipamDriver = flags.Text("ipam-driver", "IP Address Management Driver", value: "default");
        ListFlag ipamOption = flags.List("ipam-opt", "Set IPAM driver specific options", valueName: "map");
        SwitchFlag isInternal = flags.Switch("internal", "Restrict external access to the network");
        SwitchFlag attachable = flags.Switch("attachable", "Enable manual container attachment");
        SwitchFlag ipv4 = flags.Switch("ipv4", "Enable or disable IPv4 address assignment", value: true);
        SwitchFlag ipv6 = flags.Switch("ipv6", "Enable or disable IPv6 address assignment");
        ListFlag label = flags.List("label", "Set metadata on a network");
        command.Run = (session, words) =>
        {
            NetworkCreateResponse made = session.Client.Networks.Create(new NetworkCreateRequest
            {
                Name = words[0],
                Driver = driver.Value,
                Options = EnvFile.ToMap(option.Values) ?? [],
                Labels = EnvFile.ToMap(label.Values) ?? [],
                Internal = isInternal.Value,
                Attachable = attachable.Value,
                EnableIPv4 = ipv4.IsSet ? ipv4.Value : null,
                EnableIPv6 = ipv6.IsSet ? ipv6.Value : null,
                IPAM = new Ipam
                {
                    Driver = ipamDriver.Value,
                    Options = EnvFile.ToMap(ipamOption.Values) ?? [],
                    Config = Subnets(subnet.Values, gateway.Values, range.Values, EnvFile.ToMap(auxiliary.Values)),
                },
            });
            if (made.Warning.Length > 0)
                session.Error.WriteLine($"WARNING: {made.Warning}");
            session.Out.WriteLine(made.Id);
            return 0;
        };
        return command;
    }

    /// <summary>Each gateway, range and auxiliary address belongs to the subnet that holds it.</summary>
    internal static List<IpamConfig> Subnets(List<string> subnets, List<string> gateways, List<string> ranges, Dictionary<string, string>? auxiliary)
    {
        if (subnets.Count == 0 && (gateways.Count > 0 || ranges.Count > 0 || auxiliary is not null))
            throw TareException.Invalid("every ip-range or gateway must have a corresponding subnet");
        // What cannot be read holds nothing; the engine says what is wrong with it.
        List<(System.Net.IPNetwork? Network, IpamConfig Config)> all = subnets.ConvertAll(s => (Cidr(s), new IpamConfig { Subnet = s }));
        foreach (string gateway in gateways)
            Holder(all, "gateway", gateway).Gateway = gateway;
        foreach (string range in ranges)
            Holder(all, "range", range.Split('/')[0]).IPRange = range;
        foreach ((string name, string address) in auxiliary ?? [])
            (Holder(all, "aux-address", address).AuxiliaryAddresses ??= [])[name] = address;
        return all.ConvertAll(a => a.Config);
    }

    private static IpamConfig Holder(List<(System.Net.IPNetwork? Network, IpamConfig Config)> all, string what, string address)
    {
        if (!System.Net.IPAddress.TryParse(address, out System.Net.IPAddress? ip))
            throw TareException.Invalid($"invalid IP address: {address}");
        return all.Find(a => a.Network?.Contains(ip) ?? false).Config ?? throw TareException.Invalid($"no matching subnet for {what} {address}");
    }

    private static System.Net.IPNetwork? Cidr(string text)
    {
        // Docker takes a subnet with host bits set; only its prefix counts here.
        string[] parts = text.Split('/');
        if (parts.Length != 2 || !System.Net.IPAddress.TryParse(parts[0], out System.Net.IPAddress? ip) || !int.TryParse(parts[1], out int prefix)
            || prefix < 0 || prefix > (ip.GetAddressBytes().Length * 8))
            return null;
        byte[] bytes = ip.GetAddressBytes();
        for (int bit = prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new System.Net.IPNetwork(new System.Net.IPAddress(bytes), prefix);
    }
}
