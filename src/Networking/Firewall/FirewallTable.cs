using Tare.Errors;
using Tare.Linux;
using Tare.Netlink.Nftables;
using Tare.Networking.Bridges;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Firewall;

/// <summary>
/// The engine's nftables table: knows what should be in it, changes it by elements, and can put the whole back in one transaction. Never touches
/// another table. Thread-safe.
/// </summary>
internal sealed class FirewallTable : IDisposable
{
    private readonly Lock _lock = new();
    private readonly NftSocket _socket;
    private readonly Dictionary<string, NetworkRecord> _networks = [];
    private readonly Dictionary<string, List<PortRule>> _ports = [];

    /// <summary>Opens in a namespace; nothing is installed yet.</summary>
    public FirewallTable(string name, HostNamespace host)
    {
        Name = name;
        _socket = host.Run(NftSocket.Open);
        _ = _socket.Generation();
    }

    /// <summary>Name of the inet table.</summary>
    public string Name { get; }

    /// <summary>Port id of the socket that changes the table, which notifications carry.</summary>
    public uint Port => _socket.Port;

    /// <summary>Replaces the table by what should be there, atomically; connections that exist keep their translation.</summary>
    public void Install()
    {
        lock (_lock)
        {
            NftBatch batch = new NftBatch(Name).AddTable().DeleteTable().AddTable();
            FirewallSchema.Write(batch);
            Add(batch, _networks.Values.SelectMany(FirewallRules.Of).Concat(_ports.Values.SelectMany(p => p).Select(FirewallRules.Of)));
            Errno errno = _socket.TryCommit(batch, out string? detail);
            if (errno != Errno.None)
                throw new TareException(ErrorKind.Unavailable, $"install nftables table inet {Name}: {errno.Describe()} ({detail})");
        }
    }

    /// <summary>Removes the table and forgets what was in it.</summary>
    public void Uninstall()
    {
        lock (_lock)
        {
            _networks.Clear();
            _ports.Clear();
            _ = _socket.TryCommit(new NftBatch(Name).AddTable().DeleteTable(), out _);
        }
    }

    /// <summary>Notes what should be there without telling the kernel; <see cref="Install"/> follows.</summary>
    public void Expect(NetworkRecord network)
    {
        lock (_lock)
            _networks[network.Id] = network;
    }

    /// <inheritdoc cref="Expect(NetworkRecord)"/>
    public void Expect(string endpoint, List<PortRule> rules)
    {
        lock (_lock)
            _ports[endpoint] = rules;
    }

    /// <summary>Admits a network's bridge and subnets.</summary>
    public void AddNetwork(NetworkRecord network)
    {
        lock (_lock)
        {
            _networks[network.Id] = network;
            Change(FirewallRules.Of(network), add: true, () => _networks.Remove(network.Id));
        }
    }

    /// <summary>Takes a network out.</summary>
    public void RemoveNetwork(string id)
    {
        lock (_lock)
        {
            if (_networks.Remove(id, out NetworkRecord? network))
                Change(FirewallRules.Of(network), add: false, () => { });
        }
    }

    /// <summary>Publishes an endpoint's ports.</summary>
    public void AddPorts(string endpoint, List<PortRule> rules)
    {
        lock (_lock)
        {
            _ports[endpoint] = rules;
            Change(rules.Select(FirewallRules.Of), add: true, () => _ports.Remove(endpoint));
        }
    }

    /// <summary>Withdraws an endpoint's ports.</summary>
    public void RemovePorts(string endpoint)
    {
        lock (_lock)
        {
            if (_ports.Remove(endpoint, out List<PortRule>? rules))
                Change(rules.Select(FirewallRules.Of), add: false, () => { });
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Change(IEnumerable<(NftSet Set, NftElement Element)> elements, bool add, Action undo)
    {
        var batch = new NftBatch(Name);
        if (add)
            Add(batch, elements);
        else
            foreach (IGrouping<NftSet, NftElement> group in elements.GroupBy(e => e.Set, e => e.Element))
                _ = batch.RemoveElements(group.Key, [.. group]);
        if (_socket.TryCommit(batch, out _) == Errno.None)
            return;
        // Somebody emptied or removed the table, or it was never there: put back all of it, this change included.
        try
        {
            Install();
        }
        catch
        {
            undo();
            throw;
        }
    }

    private static void Add(NftBatch batch, IEnumerable<(NftSet Set, NftElement Element)> elements)
    {
        foreach (IGrouping<NftSet, NftElement> group in elements.GroupBy(e => e.Set, e => e.Element))
            _ = batch.AddElements(group.Key, [.. group]);
    }
}
