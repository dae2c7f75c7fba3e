using Tare.EngineApi;
using Tare.Networking;
using Tare.Networking.Bridges;

namespace Tare.Engine.Networks;

/// <summary>The three networks that are always there: bridge, host and none.</summary>
internal static class DefaultNetworks
{
    /// <summary>Before the recovery: a default bridge that was made with other options goes, unless containers are on it.</summary>
    public static void DropChanged(NetworkStore store, NetworkDriver driver, EngineOptions options)
    {
        StoredNetwork? bridge = Find(store, "bridge");
        if (bridge is null || bridge.MadeWith == Options(driver, options))
            return;
        if (store.OfNetwork(bridge.Id).Count > 0)
            options.Log("the default bridge keeps its old options while containers are on it; stop them and start the engine again");
        else
            store.Delete(bridge);
    }

    /// <summary>After the recovery: makes those that are missing.</summary>
    public static void Ensure(NetworkStore store, NetworkDriver driver, EngineOptions options)
    {
        if (Find(store, "bridge") is null)
            MakeBridge(store, driver, options);
        foreach ((string name, string type) in (ReadOnlySpan<(string, string)>)[("host", "host"), ("none", "null")])
        {
            if (Find(store, name) is null)
                store.Put(Row(name, type));
        }
    }

    private static void MakeBridge(NetworkStore store, NetworkDriver driver, EngineOptions options)
    {
        StoredNetwork row = Row("bridge", "bridge");
        NetworkRecord planned = driver.PlanNetwork(new NetworkSpec
        {
            Id = row.Id,
            Name = "bridge",
            IsDefault = true,
            Subnet = options.Bip,
            EnableIpv6 = HasIpv6(driver, options),
            Mtu = options.Mtu,
        });
        try
        {
            store.Put(row with
            {
                Bridge = planned,
                MadeWith = Options(driver, options),
                Options = new Dictionary<string, string>
                {
                    ["com.docker.network.bridge.default_bridge"] = "true",
                    ["com.docker.network.bridge.enable_icc"] = "true",
                    ["com.docker.network.bridge.enable_ip_masquerade"] = "true",
                    ["com.docker.network.bridge.host_binding_ipv4"] = "0.0.0.0",
                    ["com.docker.network.bridge.name"] = planned.BridgeName,
                    ["com.docker.network.driver.mtu"] = $"{planned.Mtu}",
                },
            });
            driver.CreateNetwork(planned);
        }
        catch
        {
            driver.AbandonNetwork(planned);
            store.Delete(row);
            throw;
        }
    }

    private static bool HasIpv6(NetworkDriver driver, EngineOptions options) => options.EnableIpv6 ?? driver.HostHasIpv6;

    private static string Options(NetworkDriver driver, EngineOptions options) =>
        $"bip={options.Bip} bridge={options.Bridge} ipv6={HasIpv6(driver, options)} mtu={options.Mtu}";

    private static StoredNetwork? Find(NetworkStore store, string name) => store.Networks.FirstOrDefault(network => network.Name == name);

    private static StoredNetwork Row(string name, string driver) => new()
    {
        Id = NetworkService.NewId(),
        Name = name,
        Driver = driver,
        CreatedAt = GoTime.Format(DateTimeOffset.UtcNow),
    };
}
