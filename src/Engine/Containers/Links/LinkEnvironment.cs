using System.Globalization;
using Tare.EngineApi.Containers;

namespace Tare.Engine.Containers.Links;

/// <summary>The variables by which a container knows a linked one: ALIAS_PORT_…, ALIAS_NAME and ALIAS_ENV_… Pure.</summary>
internal static class LinkEnvironment
{
    /// <param name="alias">The linked container's name here.</param>
    /// <param name="parent">Name of the container that has the link.</param>
    /// <param name="address">IPv4 address of the linked container.</param>
    /// <param name="config">The linked container's configuration: its exposed ports and environment.</param>
    internal static List<string> Of(string alias, string parent, string address, ContainerConfig config)
    {
        string name = alias.ToUpperInvariant().Replace('-', '_');
        List<string> variables = [];
        List<(int Number, string Protocol)> ports = Ports(config);
        for (int i = 0; i < ports.Count; i++)
        {
            (int number, string protocol) = ports[i];
            if (i == 0)
                variables.Add(Invariant($"{name}_PORT={protocol}://{address}:{number}"));
            string prefix = Prefix(name, ports[i]);
            variables.Add(Invariant($"{prefix}={protocol}://{address}:{number}"));
            variables.Add($"{prefix}_ADDR={address}");
            variables.Add(Invariant($"{prefix}_PORT={number}"));
            variables.Add($"{prefix}_PROTO={protocol}");
            AddRange(variables, ports, i, name, address);
        }
        variables.Add($"{name}_NAME=/{parent}/{alias}");
        foreach (string entry in config.Env ?? [])
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && entry[..equals] is not ("HOME" or "PATH"))
                variables.Add($"{name}_ENV_{entry}");
        }
        return variables;
    }

    /// <summary>After the last of several consecutive ports: where they begin and end.</summary>
    private static void AddRange(List<string> variables, List<(int Number, string Protocol)> ports, int last, string name, string address)
    {
        bool Follows(int at) => at > 0 && at < ports.Count && ports[at].Protocol == ports[at - 1].Protocol && ports[at].Number == ports[at - 1].Number + 1;
        if (!Follows(last) || Follows(last + 1))
            return;
        int first = last;
        while (Follows(first))
            first--;
        string prefix = Prefix(name, ports[first]);
        variables.Add(Invariant($"{prefix}_START={ports[first].Protocol}://{address}:{ports[first].Number}"));
        variables.Add(Invariant($"{prefix}_PORT_START={ports[first].Number}"));
        variables.Add(Invariant($"{prefix}_END={ports[last].Protocol}://{address}:{ports[last].Number}"));
        variables.Add(Invariant($"{prefix}_PORT_END={ports[last].Number}"));
    }

    /// <summary>TCP before the others, then by number.</summary>
    private static List<(int Number, string Protocol)> Ports(ContainerConfig config) =>
        [.. (config.ExposedPorts ?? []).Keys.Select(Read).Where(port => port.Number > 0)
            .OrderBy(port => port.Protocol != "tcp").ThenBy(port => port.Protocol, StringComparer.Ordinal).ThenBy(port => port.Number)];

    private static (int Number, string Protocol) Read(string port)
    {
        string[] parts = port.Split('/');
        _ = int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        return (number, parts.Length > 1 ? parts[1] : "tcp");
    }

    private static string Prefix(string name, (int Number, string Protocol) port) =>
        Invariant($"{name}_PORT_{port.Number}_{port.Protocol.ToUpperInvariant()}");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
