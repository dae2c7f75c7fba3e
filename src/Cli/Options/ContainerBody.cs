using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>Turns the options of run and create into the body of POST /containers/create.</summary>
internal static class ContainerBody
{
    /// <summary>Builds the body; arguments are the image and its command. Throws InvalidArgument for combinations that make no sense.</summary>
    public static CreateRequest Build(ContainerFlags flags, List<string> arguments, bool detach, Func<string, string?> environment)
    {
        HostConfig host = Host(flags, environment);
        var request = new CreateRequest
        {
            Image = arguments[0],
            Cmd = arguments.Count > 1 ? arguments[1..] : null,
            Hostname = flags.Hostname.Value,
            Domainname = flags.Domainname.Value,
            User = flags.User.Value,
            Tty = flags.Tty.Value,
            OpenStdin = flags.Interactive.Value,
            WorkingDir = flags.Workdir.Value,
            Entrypoint = flags.Entrypoint.Given is { } entrypoint ? [entrypoint] : null,
            StopSignal = flags.StopSignal.Given,
            StopTimeout = (int?)flags.StopTimeout.Given,
            Healthcheck = flags.Health.Build(),
            Labels = Labels(flags) ?? [],
            Env = Environment(flags, environment),
            HostConfig = host,
        };
        SetAttach(request, flags, detach);
        SetPorts(request, host, flags);
        SetVolumes(request, host, flags);
        SetNetworks(request, host, flags);
        return request;
    }

    private static HostConfig Host(ContainerFlags flags, Func<string, string?> environment)
    {
        var host = new HostConfig
        {
            ContainerIDFile = flags.CidFile.Value,
            LogConfig = new LogConfig { Type = flags.LogDriver.Value, Config = EnvFile.ToMap(flags.LogOpt.Values) ?? [] },
            RestartPolicy = Restart(flags.Restart.Value),
            AutoRemove = flags.AutoRemove.Value,
            VolumeDriver = flags.VolumeDriver.Value,
            VolumesFrom = flags.VolumesFrom.OrNull,
            Annotations = EnvFile.ToMap(flags.Annotation.Values),
            Dns = flags.Dns.OrNull,
            DnsOptions = flags.DnsOption.OrNull,
            DnsSearch = flags.DnsSearch.OrNull,
            ExtraHosts = flags.AddHost.OrNull?.ConvertAll(HostEntry.Normalize),
            GroupAdd = flags.GroupAdd.OrNull,
            Links = flags.Link.OrNull,
            PublishAllPorts = flags.PublishAll.Value,
            ReadonlyRootfs = flags.ReadOnly.Value,
            StorageOpt = EnvFile.ToMap(flags.StorageOpt.Values),
            Tmpfs = Tmpfs(flags.Tmpfs.Values),
            Secrets = flags.Secret.OrNull?.ConvertAll(text => SecretOption.Read(text, environment)),
            ShmSize = flags.ShmSize.Value,
            Runtime = flags.Runtime.Given,
            Init = flags.Init.IsSet ? flags.Init.Value : null,
        };
        flags.Limits.ApplyTo(host);
        flags.Isolation.ApplyTo(host);
        if (host.AutoRemove && host.RestartPolicy.Name is not ("" or "no"))
            throw TareException.Invalid("conflicting options: cannot specify both --restart and --rm");
        return host;
    }

    private static void SetAttach(CreateRequest request, ContainerFlags flags, bool detach)
    {
        if (detach && flags.Attach.Values.Count > 0)
            throw new CommandLine.ExitException(1, "conflicting options: cannot specify both --attach and --detach");
        foreach (string stream in flags.Attach.Values)
        {
            request.AttachStdin |= stream.Equals("stdin", StringComparison.OrdinalIgnoreCase);
            request.AttachStdout |= stream.Equals("stdout", StringComparison.OrdinalIgnoreCase);
            request.AttachStderr |= stream.Equals("stderr", StringComparison.OrdinalIgnoreCase);
        }
        if (flags.Attach.Values.Count == 0 && !detach)
            (request.AttachStdin, request.AttachStdout, request.AttachStderr) = (request.OpenStdin, true, true);
        request.StdinOnce = request.OpenStdin && request.AttachStdin;
    }

    private static void SetPorts(CreateRequest request, HostConfig host, ContainerFlags flags)
    {
        var exposed = new Dictionary<string, EmptyObject>();
        var bindings = new Dictionary<string, List<PortBinding>?>();
        foreach (string text in flags.Publish.Values)
            PortSpec.AddPublished(text, exposed, bindings);
        foreach (string text in flags.Expose.Values)
            PortSpec.AddExposed(text, exposed);
        request.ExposedPorts = exposed.Count > 0 ? exposed : null;
        host.PortBindings = bindings;
    }

    private static void SetVolumes(CreateRequest request, HostConfig host, ContainerFlags flags)
    {
        var anonymous = new Dictionary<string, EmptyObject>();
        var binds = new List<string>();
        foreach (string volume in flags.Volume.Values)
        {
            int colon = volume.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                anonymous[volume] = new EmptyObject();
            else if (volume.StartsWith('.'))
                binds.Add(Path.GetFullPath(volume[..colon]) + volume[colon..]);
            else
                binds.Add(volume);
        }
        request.Volumes = anonymous.Count > 0 ? anonymous : null;
        host.Binds = binds.Count > 0 ? binds : null;
        host.Mounts = flags.Mount.OrNull?.ConvertAll(MountOption.Parse);
    }

    private static void SetNetworks(CreateRequest request, HostConfig host, ContainerFlags flags)
    {
        List<(string Name, EndpointSettings Settings)> networks = flags.Network.Values.ConvertAll(NetworkOption.Parse);
        if (networks.Count == 0)
            networks.Add(("default", new EndpointSettings()));
        EndpointSettings first = networks[0].Settings;
        if (flags.NetworkAlias.Values.Count > 0 && networks.Count == 1 && networks[0].Name is "default" or "bridge" or "host" or "none")
            throw TareException.Invalid("network-scoped aliases are only supported for user-defined networks");
        if (flags.NetworkAlias.Values.Count > 0)
            (first.Aliases ??= []).AddRange(flags.NetworkAlias.Values);
        if (flags.Ip.IsSet)
            (first.IPAMConfig ??= new()).IPv4Address = flags.Ip.Value;
        if (flags.Ip6.IsSet)
            (first.IPAMConfig ??= new()).IPv6Address = flags.Ip6.Value;
        if (flags.LinkLocalIp.Values.Count > 0)
            (first.IPAMConfig ??= new()).LinkLocalIPs = flags.LinkLocalIp.Values;
        if (flags.MacAddress.IsSet)
            first.MacAddress = flags.MacAddress.Value;
        host.NetworkMode = networks[0].Name;
        if (IsUserDefined(host.NetworkMode))
            first.Links = flags.Link.OrNull;
        var endpoints = new Dictionary<string, EndpointSettings?>();
        foreach ((string name, EndpointSettings settings) in networks)
        {
            bool hasWishes = settings.Aliases is not null || settings.IPAMConfig is not null || settings.MacAddress.Length > 0
                || settings.DriverOpts is not null || settings.GwPriority != 0;
            if ((hasWishes || IsUserDefined(name) || networks.Count > 1) && !endpoints.TryAdd(name, settings))
                throw TareException.Invalid($"network \"{name}\" is specified multiple times");
        }
        request.NetworkingConfig = new NetworkingConfig { EndpointsConfig = endpoints };
    }

    private static bool IsUserDefined(string network) =>
        network is not ("default" or "bridge" or "host" or "none") && !network.StartsWith("container:", StringComparison.Ordinal);

    private static List<string> Environment(ContainerFlags flags, Func<string, string?> environment)
    {
        var values = new List<string>();
        foreach (string file in flags.EnvFile.Values)
            values.AddRange(EnvFile.Read(file, environment));
        foreach (string text in flags.Env.Values)
            EnvFile.AddVariable(values, text, environment);
        return values;
    }

    private static Dictionary<string, string>? Labels(ContainerFlags flags)
    {
        IEnumerable<string> pairs = flags.LabelFile.Values.SelectMany(file => EnvFile.Read(file, lookUp: null)).Concat(flags.Label.Values);
        return EnvFile.ToMap(pairs);
    }

    private static Dictionary<string, string>? Tmpfs(List<string> values)
    {
        Dictionary<string, string>? map = null;
        foreach (string value in values)
        {
            int colon = value.IndexOf(':', StringComparison.Ordinal);
            (map ??= [])[colon < 0 ? value : value[..colon]] = colon < 0 ? "" : value[(colon + 1)..];
        }
        return map;
    }

    /// <summary>"on-failure:3" and the other policies.</summary>
    public static RestartPolicy Restart(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        if (colon < 0)
            return new RestartPolicy { Name = name };
        return int.TryParse(text[(colon + 1)..], out int count) && count >= 0
            ? new RestartPolicy { Name = name, MaximumRetryCount = count }
            : throw TareException.Invalid("invalid restart policy format: maximum retry count must be an integer");
    }
}
