using Tare.Netlink.Nftables;

namespace Tare.Networking.Firewall;

/// <summary>
/// The one table of an engine: its sets, chains and rules, which never change; networks and published ports are elements of the sets.
/// `nft list table inet tare` prints it.
/// </summary>
internal static class FirewallSchema
{
    private static readonly byte[] Loopback = [127];
    private static readonly byte[] Established = [6, 0, 0, 0]; // conntrack's state bits, in host order: established, related
    private static readonly byte[] DestinationChanged = [0x20, 0, 0, 0]; // IPS_DST_NAT
    private static readonly byte[] Zero = new byte[4];
    private static readonly byte[] LocalAddress = [2, 0, 0, 0]; // RTN_LOCAL
    private static readonly byte[] Loopback6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    /// <summary>Bridges of this engine.</summary>
    public static readonly NftSet Bridges = new("bridges", 1, [NftField.InterfaceName], []);

    /// <summary>Pairs of in and out interface between which traffic is free.</summary>
    public static readonly NftSet Within = new("within", 2, [NftField.InterfaceName, NftField.InterfaceName], []);

    /// <summary>Bridges without a way out.</summary>
    public static readonly NftSet Internal = new("internal", 3, [NftField.InterfaceName], []);

    /// <summary>Subnets that leave with the host's address, IPv4 then IPv6.</summary>
    public static readonly NftSet[] Masqueraded =
        [new("masquerade4", 4, [NftField.Ipv4], [], true), new("masquerade6", 5, [NftField.Ipv6], [], true)];

    /// <summary>Subnet and its bridge: who reaches a published port of its own network goes through the gateway.</summary>
    public static readonly NftSet[] Hairpin =
    [
        new("hairpin4", 6, [NftField.Ipv4, NftField.InterfaceName], [], true), new("hairpin6", 7, [NftField.Ipv6, NftField.InterfaceName], [], true),
    ];

    /// <summary>Ports published on one address of the host.</summary>
    public static readonly NftSet[] Ports =
    [
        new("ports4", 8, [NftField.Protocol, NftField.Ipv4, NftField.Service], [NftField.Ipv4, NftField.Service]),
        new("ports6", 9, [NftField.Protocol, NftField.Ipv6, NftField.Service], [NftField.Ipv6, NftField.Service]),
    ];

    /// <summary>Ports published on every address of the host.</summary>
    public static readonly NftSet[] AnyPorts =
    [
        new("anyports4", 10, [NftField.Protocol, NftField.Service], [NftField.Ipv4, NftField.Service]),
        new("anyports6", 11, [NftField.Protocol, NftField.Service], [NftField.Ipv6, NftField.Service]),
    ];

    /// <summary>Runs of ports published under their own numbers; one element each, however long.</summary>
    public static readonly NftSet[] Ranges =
    [
        new("ranges4", 12, [NftField.Protocol, NftField.Ipv4, NftField.Service], [NftField.Ipv4], true),
        new("ranges6", 13, [NftField.Protocol, NftField.Ipv6, NftField.Service], [NftField.Ipv6], true),
    ];

    private static IEnumerable<NftSet> Sets => [Bridges, Within, Internal, .. Masqueraded, .. Hairpin, .. Ports, .. AnyPorts, .. Ranges];

    /// <summary>Adds everything that is fixed to a batch whose table was just made.</summary>
    public static void Write(NftBatch batch)
    {
        foreach (NftSet set in Sets)
            _ = batch.AddSet(set);
        _ = batch.AddChain("publish")
            .AddBaseChain("spoofed", "filter", NftHook.PreRouting, -300)
            .AddBaseChain("prerouting", "nat", NftHook.PreRouting, -100)
            .AddBaseChain("output", "nat", NftHook.Output, -100)
            .AddBaseChain("forward", "filter", NftHook.Forward, 0)
            .AddBaseChain("postrouting", "nat", NftHook.PostRouting, 100);
        WritePublish(batch, false);
        WritePublish(batch, true);
        WriteEntry(batch);
        WriteForward(batch);
        WritePostrouting(batch);
    }

    private static void WritePublish(NftBatch batch, bool ipv6)
    {
        int family = ipv6 ? 1 : 0;
        NftRegister port = ipv6 ? NftRegister.R5 : NftRegister.R2;
        NftRegister mappedPort = ipv6 ? NftRegister.R4 : NftRegister.R1;
        _ = batch.AddRule("publish", Destination(ipv6, port).Map(Ports[family], NftRegister.R0, NftRegister.R0)
                .DestinationNat(ipv6, NftRegister.R0, mappedPort))
            .AddRule("publish", new NftRule().Family(ipv6).Meta(NftMeta.Protocol, NftRegister.R0).Payload(2, 2, 2, NftRegister.R1)
                .Map(AnyPorts[family], NftRegister.R0, NftRegister.R0).DestinationNat(ipv6, NftRegister.R0, mappedPort))
            .AddRule("publish", Destination(ipv6, port).Map(Ranges[family], NftRegister.R0, NftRegister.R0)
                .DestinationNat(ipv6, NftRegister.R0, null));
    }

    private static NftRule Destination(bool ipv6, NftRegister port) => new NftRule().Family(ipv6).Meta(NftMeta.Protocol, NftRegister.R0)
        .Payload(1, ipv6 ? 24 : 16, ipv6 ? 16 : 4, NftRegister.R1).Payload(2, 2, 2, port);

    private static void WriteEntry(NftBatch batch)
    {
        // route_localnet on our bridges must not let containers speak to the host's loopback.
        _ = batch.AddRule("spoofed", new NftRule().Family(false).Payload(1, 16, 1, NftRegister.R0).Compare(NftRegister.R0, Loopback)
                .Meta(NftMeta.InputName, NftRegister.R0).In(Bridges, NftRegister.R0).Verdict(NftVerdict.Drop))
            // A packet from outside for 127.0.0.1 is not for a port published there: neighbours could reach it otherwise.
            .AddRule("prerouting", new NftRule().Family(false).Payload(1, 16, 1, NftRegister.R0).Compare(NftRegister.R0, Loopback)
                .Verdict(NftVerdict.Return))
            .AddRule("prerouting", new NftRule().DestinationKind(NftRegister.R0).Compare(NftRegister.R0, LocalAddress)
                .Verdict(NftVerdict.Jump, "publish"))
            // The kernel routes no ::1 out of the loopback; such connections go to the engine's own listener.
            .AddRule("output", new NftRule().Family(true).Payload(1, 24, 16, NftRegister.R0).Compare(NftRegister.R0, Loopback6)
                .Verdict(NftVerdict.Return))
            .AddRule("output", new NftRule().DestinationKind(NftRegister.R0).Compare(NftRegister.R0, LocalAddress)
                .Verdict(NftVerdict.Jump, "publish"));
    }

    private static void WriteForward(NftBatch batch) =>
        _ = batch.AddRule("forward", new NftRule().Conntrack(0, NftRegister.R0).Mask(NftRegister.R0, Established)
                .Compare(NftRegister.R0, Zero, equal: false).Verdict(NftVerdict.Accept))
            .AddRule("forward", new NftRule().Meta(NftMeta.InputName, NftRegister.R0).Meta(NftMeta.OutputName, NftRegister.R4)
                .In(Within, NftRegister.R0).Verdict(NftVerdict.Accept))
            .AddRule("forward", new NftRule().Meta(NftMeta.InputName, NftRegister.R0).In(Internal, NftRegister.R0).Verdict(NftVerdict.Drop))
            .AddRule("forward", new NftRule().Meta(NftMeta.OutputName, NftRegister.R0).In(Internal, NftRegister.R0).Verdict(NftVerdict.Drop))
            .AddRule("forward", new NftRule().Meta(NftMeta.OutputName, NftRegister.R0).In(Bridges, NftRegister.R0)
                .Conntrack(2, NftRegister.R0).Mask(NftRegister.R0, DestinationChanged).Compare(NftRegister.R0, Zero, equal: false)
                .Verdict(NftVerdict.Accept))
            // From another network, or from outside past the published ports.
            .AddRule("forward", new NftRule().Meta(NftMeta.OutputName, NftRegister.R0).In(Bridges, NftRegister.R0).Verdict(NftVerdict.Drop));

    private static void WritePostrouting(NftBatch batch)
    {
        _ = batch.AddRule("postrouting", new NftRule().Family(false).Payload(1, 12, 1, NftRegister.R0).Compare(NftRegister.R0, Loopback)
            .Meta(NftMeta.OutputName, NftRegister.R0).In(Bridges, NftRegister.R0).Masquerade());
        for (int family = 0; family < 2; family++)
        {
            bool ipv6 = family == 1;
            (int offset, int length) = ipv6 ? (8, 16) : (12, 4);
            _ = batch.AddRule("postrouting", new NftRule().Family(ipv6).Payload(1, offset, length, NftRegister.R0)
                    .In(Masqueraded[family], NftRegister.R0).Meta(NftMeta.OutputName, NftRegister.R0)
                    .In(Bridges, NftRegister.R0, inverted: true).Masquerade())
                .AddRule("postrouting", new NftRule().Family(ipv6).Conntrack(2, NftRegister.R0).Mask(NftRegister.R0, DestinationChanged)
                    .Compare(NftRegister.R0, Zero, equal: false).Payload(1, offset, length, NftRegister.R0)
                    .Meta(NftMeta.OutputName, ipv6 ? NftRegister.R4 : NftRegister.R1).In(Hairpin[family], NftRegister.R0).Masquerade());
        }
    }
}
