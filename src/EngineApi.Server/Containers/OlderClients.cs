using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Containers;

/// <summary>What clients of older API versions send and expect otherwise: fields that came later are passed over, refused or left out of answers.</summary>
internal static class OlderClients
{
    /// <summary>Makes a request to create a container mean what it meant in its version.</summary>
    public static void Adapt(ApiRequest request, CreateRequest body)
    {
        HostConfig host = body.HostConfig ??= new HostConfig();
        if (!request.Since(40) && host.IpcMode.Length == 0)
            host.IpcMode = "shareable";
        if (!request.Since(41) && host.CgroupnsMode.Length == 0 && !File.Exists("/sys/fs/cgroup/cgroup.controllers"))
            host.CgroupnsMode = "host";
        if (!request.Since(42))
            host.ConsoleSize = [0, 0];
        if (!request.Since(43))
            host.Annotations = null;
        if (!request.Since(44) && body.Healthcheck is { } health)
            health.StartInterval = 0;
        foreach (MountSpec mount in host.Mounts ?? [])
            Adapt(request, mount);
        Adapt(request, body.NetworkingConfig?.EndpointsConfig ?? []);
    }

    /// <summary>Block devices could not be updated before API 1.55, the number of processes not before 1.40.</summary>
    public static void Adapt(ApiRequest request, UpdateRequest body)
    {
        if (!request.Since(40))
            body.PidsLimit = null;
        if (request.Since(55))
            return;
        (body.BlkioDeviceReadBps, body.BlkioDeviceWriteBps, body.BlkioDeviceReadIOps, body.BlkioDeviceWriteIOps) = (null, null, null, null);
        body.BlkioWeightDevice = null;
    }

    /// <summary>Leaves out of a list what came later.</summary>
    public static void Adapt(ApiRequest request, List<ContainerSummary> list)
    {
        foreach (ContainerSummary container in list)
        {
            if (!request.Since(46) && container.HostConfig is { } host)
                host.Annotations = null;
            if (!request.Since(52))
                container.Health = null;
        }
    }

    /// <summary>An endpoint's aliases held the short id and the host name until API 1.44; what repeats the default network's settings ended with 1.51.</summary>
    public static void Adapt(ApiRequest request, ContainerInspect container)
    {
        if (request.Since(52))
            DropRepeats(container.NetworkSettings);
        if (!request.Since(48))
            container.ImageManifestDescriptor = null;
        if (!request.Since(45))
            container.NetworkSettings.Networks = container.NetworkSettings.Networks.ToDictionary(pair => pair.Key, pair => WithNames(container, pair.Key, pair.Value));
    }

    private static EndpointSettings WithNames(ContainerInspect container, string network, EndpointSettings endpoint) =>
        network is "bridge" or "host" or "none" ? endpoint
            : endpoint.WithAliases([.. (endpoint.Aliases ?? []).Append(container.Id[..12]).Append(container.Config?.Hostname ?? "").Where(name => name.Length > 0).Distinct()]);

    private static void Adapt(ApiRequest request, MountSpec mount)
    {
        if (mount.BindOptions is { } bind)
        {
            bind.NonRecursive &= request.Since(40);
            bind.CreateMountpoint &= request.Since(42);
            if (bind.ReadOnlyForceRecursive && !request.Since(44))
                throw TareException.Invalid("BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer");
        }
        if (!request.Since(42))
        {
            // Not looked at then, refused since.
            if (mount.Type != "volume")
                mount.VolumeOptions = null;
            if (mount.Type != "tmpfs")
                mount.TmpfsOptions = null;
        }
        // Read-only did not reach what is mounted below.
        if (!request.Since(44) && mount is { Type: "bind", ReadOnly: true })
            (mount.BindOptions ??= new BindOptions()).ReadOnlyNonRecursive = true;
        if (!request.Since(45) && !string.IsNullOrEmpty(mount.VolumeOptions?.Subpath))
            throw TareException.Invalid("VolumeOptions.Subpath needs API v1.45 or newer");
        if (!request.Since(48) && mount.Type == "image")
            throw TareException.Invalid("Mount type \"Image\" needs API v1.48 or newer");
    }

    private static void Adapt(ApiRequest request, Dictionary<string, EndpointSettings?> endpoints)
    {
        if (!request.Since(44) && endpoints.Count > 1)
            throw TareException.Invalid($"Container cannot be created with multiple network endpoints: {string.Join(", ", endpoints.Keys)}");
        foreach (EndpointSettings? endpoint in request.Since(48) ? [] : endpoints.Values.ToArray())
        {
            if (endpoint is not null)
                endpoint.GwPriority = 0;
        }
    }

    private static void DropRepeats(NetworkSettings settings)
    {
        settings.Bridge = settings.EndpointID = settings.Gateway = settings.IPAddress = settings.MacAddress = null;
        settings.IPv6Gateway = settings.GlobalIPv6Address = settings.LinkLocalIPv6Address = null;
        settings.HairpinMode = null;
        settings.IPPrefixLen = settings.GlobalIPv6PrefixLen = settings.LinkLocalIPv6PrefixLen = null;
    }
}
