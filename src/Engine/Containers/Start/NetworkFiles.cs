using System.Text;
using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Roles;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Linux;
using Tare.Networking.Files;

namespace Tare.Engine.Containers.Start;

/// <summary>Writes what a container sees as /etc/hosts, /etc/hostname and /etc/resolv.conf.</summary>
internal sealed class NetworkFiles(ContainerContext context)
{
    private const int MaxLength = 64 * 1024;

    /// <summary>Writes all three in place, so that a bind mount of the old file sees the new content too.</summary>
    internal void Write(ContainerRecord record, NetworkSandbox? sandbox)
    {
        ContainerPaths paths = context.Paths;
        HostConfig host = record.HostConfig;
        if (NetworkChoice.FilesOf(context, record) != record.Id)
            return;
        WriteFile(paths.Hostname(record.Id), ContainerSpec.Hostname(record) + "\n");
        WriteHosts(record, sandbox?.Endpoints ?? new Dictionary<string, EngineApi.Networks.EndpointSettings>());
        DnsSettings settings = context.DnsOf(host);
        bool asHost = host.NetworkMode == "host" && settings is { Servers.Count: 0, Search.Count: 0, Options.Count: 0 } && File.Exists("/etc/resolv.conf");
        WriteFile(paths.ResolvConf(record.Id), asHost ? File.ReadAllText("/etc/resolv.conf") : Resolver(settings, sandbox?.Resolver is not null));
    }

    /// <summary>
    /// Turns /etc/resolv.conf to the embedded server or away from it, when a running container has joined its first user-defined network or left its
    /// last one; what somebody else has written there stays.
    /// </summary>
    internal void TurnResolver(ContainerRecord record, bool embedded)
    {
        string path = context.Paths.ResolvConf(record.Id);
        if (ReadFile(path) is not { } present || !ResolvConf.IsUnchanged(present))
            return;
        bool isEmbedded = ResolvConf.Parse(present).Servers is [ResolvConf.EmbeddedServer];
        if (isEmbedded != embedded)
            WriteFile(path, Resolver(context.DnsOf(record.HostConfig), embedded));
    }

    private static string Resolver(DnsSettings settings, bool embedded) =>
        embedded ? ResolvConf.BuildEmbedded(ResolvConf.OfHost(), settings) : ResolvConf.Build(ResolvConf.OfHost(), settings);

    /// <summary>Writes /etc/hosts again, when a running container has joined or left a network.</summary>
    internal void WriteHosts(ContainerRecord record, IReadOnlyDictionary<string, EngineApi.Networks.EndpointSettings> endpoints)
    {
        HostConfig host = record.HostConfig;
        IEnumerable<string> addresses = endpoints.Values.SelectMany(e => new[] { e.IPAddress, e.GlobalIPv6Address }).Where(address => address.Length > 0);
        WriteFile(context.Paths.Hosts(record.Id), host.NetworkMode == "host" && File.Exists("/etc/hosts")
            ? File.ReadAllText("/etc/hosts") + ExtraHosts(host)
            : HostsFile.Build(ContainerSpec.Hostname(record), record.Config.Domainname, addresses, host.ExtraHosts ?? [], context.Networks.HostGateway,
                new ContainerLinks(context).Hosts(record)));
    }

    /// <summary>Changes a running container's /etc/hosts; what it has written there itself stays.</summary>
    internal void ChangeHosts(ContainerRecord record, Func<string, string> change)
    {
        if (ReadFile(context.Paths.Hosts(record.Id)) is { } present && change(present) is { } wanted && wanted != present)
            WriteFile(context.Paths.Hosts(record.Id), wanted);
    }

    private string ExtraHosts(HostConfig host) =>
        string.Concat((host.ExtraHosts ?? []).Select(e => HostsFile.ParseExtra(e, context.Networks.HostGateway)).Select(e => $"{e.Address}\t{e.Name}\n"));

    /// <summary>Null for what is no file or too long: the container may write to it, as much as it likes.</summary>
    private static string? ReadFile(string path) =>
        new FileInfo(path) is { Exists: true, LinkTarget: null, Length: < MaxLength } ? File.ReadAllText(path) : null;

    private static void WriteFile(string path, string text)
    {
        using FileDescriptor file = Fcntl.Open(path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_NOFOLLOW, 0x1a4 /* 0644 */);
        // Readable by every user of the container, whatever the engine's umask.
        _ = Stat.TryChmod(file, 0x1a4);
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
