using System.Net;

namespace Tare.Engine;

/// <summary>How one engine instance is set up; decided by its host program from options and the configuration file.</summary>
public sealed record EngineOptions
{
    /// <summary>Everything that outlives a reboot.</summary>
    public string DataRoot { get; init; } = "/var/lib/tare";

    /// <summary>Sockets, namespaces and what else ends with a reboot.</summary>
    public string ExecRoot { get; init; } = "/run/tare";

    /// <summary>Address and prefix of the default bridge, "172.20.0.1/16"; null lets the engine choose.</summary>
    public string? Bip { get; init; }

    /// <summary>Name of the default bridge's link; null derives it from the data root.</summary>
    public string? Bridge { get; init; }

    /// <summary>IPv6 on the default bridge; null: when the host has IPv6.</summary>
    public bool? EnableIpv6 { get; init; }

    /// <summary>MTU of the default bridge; 0 takes that of the way out.</summary>
    public int Mtu { get; init; }

    /// <summary>Pools that networks take their subnets from, in order; empty for the usual ones.</summary>
    public IReadOnlyList<AddressPoolOption> AddressPools { get; init; } = [];

    /// <summary>Labels of the daemon, "key=value".</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Log driver of containers that name none.</summary>
    public string LogDriver { get; init; } = "json-file";

    /// <summary>Default options of the log driver: max-size, max-file, or what the driver takes.</summary>
    public IReadOnlyDictionary<string, string> LogOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>The usual places of documents that describe devices.</summary>
    public static readonly IReadOnlyList<string> DefaultCdiSpecDirs = ["/etc/cdi", "/var/run/cdi"];

    /// <summary>Directories of CDI documents, the later ones first in rank.</summary>
    public IReadOnlyList<string> CdiSpecDirs { get; init; } = DefaultCdiSpecDirs;

    /// <summary>Whose subordinate ids containers have that choose no user namespace: "default", "user" or "user:group"; null for the host's ids.</summary>
    public string? UsernsRemap { get; init; }

    /// <summary>Name servers, search domains and options of containers that name none.</summary>
    public IReadOnlyList<string> Dns { get; init; } = [];

    /// <inheritdoc cref="Dns"/>
    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    /// <inheritdoc cref="Dns"/>
    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>How registries are reached.</summary>
    public Distribution.RegistryOptions Registries { get; init; } = new();

    /// <summary>Makes, of the engine's database, what tells which blobs of its store somebody beside the engine claims; null for nobody.</summary>
    public Func<Storage.Metadata.Database, Func<Oci.Digest, bool>>? OtherHolder { get; init; }

    /// <summary>A policy that says which images may be pulled and run, in the form of containers-policy.json; null for all.</summary>
    public string? TrustPolicy { get; init; }

    /// <summary>Bytes that images may take on disk before unused ones are removed; 0 for no limit.</summary>
    public long ImageBudget { get; init; }

    /// <summary>How many blobs are downloaded at a time.</summary>
    public int Downloads { get; init; } = 3;

    /// <summary>How many blobs of an image are uploaded at a time.</summary>
    public int Uploads { get; init; } = 5;

    /// <summary>How small plain layers are made for a push, 1 for the fastest to 9; null for what suits most.</summary>
    public int? PushCompressionLevel { get; init; }

    /// <summary>The tare-keeper program.</summary>
    public required string KeeperPath { get; init; }

    /// <summary>The tare-init program.</summary>
    public required string InitPath { get; init; }

    /// <summary>Shown in the information about the system.</summary>
    public bool Debug { get; init; }

    /// <summary>Receives what happened that nobody asked for.</summary>
    public Action<string> Log { get; init; } = _ => { };

    /// <summary>True for the usual data root: its kernel objects have names without a suffix.</summary>
    public bool IsDefaultInstance => DataRoot == "/var/lib/tare";

    /// <summary>Subnets of the pools.</summary>
    internal IReadOnlyList<IPNetwork>? Subnets => AddressPools.Count == 0 ? null : [.. AddressPools.SelectMany(pool => pool.Subnets())];
}

/// <summary>A pool of addresses cut into subnets of one size.</summary>
/// <param name="Base">The whole, "10.10.0.0/16".</param>
/// <param name="Size">Prefix length of each subnet, 24.</param>
public sealed record AddressPoolOption(IPNetwork Base, int Size)
{
    private const int MaxSubnets = 4096;

    /// <summary>The subnets in ascending order, IPv4 only.</summary>
    internal IEnumerable<IPNetwork> Subnets()
    {
        byte[] bytes = Base.BaseAddress.GetAddressBytes();
        if (bytes.Length != 4 || Size < Base.PrefixLength || Size > 30)
            yield break;
        uint first = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        long count = Math.Min(1L << (Size - Base.PrefixLength), MaxSubnets);
        for (long i = 0; i < count; i++)
        {
            byte[] subnet = new byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(subnet, first + (uint)(i << (32 - Size)));
            yield return new IPNetwork(new IPAddress(subnet), Size);
        }
    }
}
