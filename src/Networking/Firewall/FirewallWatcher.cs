using Tare.Errors;
using Tare.Netlink;
using Tare.Netlink.Nftables;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Firewall;

/// <summary>Puts the table back within a second when somebody flushes or deletes it (`nft flush ruleset`, a firewall service's restart).</summary>
internal sealed class FirewallWatcher : IDisposable
{
    private readonly FirewallTable _table;
    private readonly NftMonitor _monitor;
    private readonly Thread _thread;
    private readonly Action<string> _log;

    /// <summary>Starts watching on a thread of its own.</summary>
    public FirewallWatcher(FirewallTable table, HostNamespace host, Action<string> log)
    {
        _table = table;
        _log = log;
        _monitor = host.Run(NftMonitor.Open);
        _thread = new Thread(Watch, 256 * 1024) { IsBackground = true, Name = "nft-watch" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _monitor.Stop();
        _thread.Join();
        _monitor.Dispose();
    }

    private void Watch()
    {
        while (true)
        {
            bool removed = _monitor.WaitForForeignRemoval(_table.Name, () => _table.Port, out bool stopped);
            if (stopped)
                return;
            if (!removed)
                continue;
            // A flush arrives as many messages, and who flushes often loads new rules next: let that finish.
            Thread.Sleep(100);
            _monitor.Drain();
            try
            {
                _table.Install();
                _log($"nftables table inet {_table.Name} was changed by another program and has been put back");
            }
            catch (Exception error) when (error is TareException or NetlinkException)
            {
                _log($"nftables table inet {_table.Name} was removed by another program and cannot be put back: {TareException.Describe(error)}");
            }
        }
    }
}
