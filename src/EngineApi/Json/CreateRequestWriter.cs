using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tare.EngineApi.Containers;

namespace Tare.EngineApi.Json;

/// <summary>
/// Writes the body of POST /containers/create without what is zero. It exists beside <see cref="EngineApiJson"/> because a program that starts
/// for one call would spend more on the serializer's metadata than on everything else; rare members still go through it.
/// </summary>
public static class CreateRequestWriter
{
    /// <summary>The body as UTF-8.</summary>
    public static byte[] Write(CreateRequest request)
    {
        using var buffer = new MemoryStream(1024);
        using (var writer = new Utf8JsonWriter(buffer))
            Write(writer, request);
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, CreateRequest request)
    {
        writer.WriteStartObject();
        Text(writer, "Hostname"u8, request.Hostname);
        Text(writer, "Domainname"u8, request.Domainname);
        Text(writer, "User"u8, request.User);
        Flag(writer, "AttachStdin"u8, request.AttachStdin);
        Flag(writer, "AttachStdout"u8, request.AttachStdout);
        Flag(writer, "AttachStderr"u8, request.AttachStderr);
        Set(writer, "ExposedPorts"u8, request.ExposedPorts);
        Flag(writer, "Tty"u8, request.Tty);
        Flag(writer, "OpenStdin"u8, request.OpenStdin);
        Flag(writer, "StdinOnce"u8, request.StdinOnce);
        List(writer, "Env"u8, request.Env);
        List(writer, "Cmd"u8, request.Cmd);
        Rare(writer, "Healthcheck"u8, request.Healthcheck, static () => EngineApiJson.Default.HealthConfig);
        Flag(writer, "ArgsEscaped"u8, request.ArgsEscaped);
        Text(writer, "Image"u8, request.Image);
        Set(writer, "Volumes"u8, request.Volumes);
        Text(writer, "WorkingDir"u8, request.WorkingDir);
        List(writer, "Entrypoint"u8, request.Entrypoint);
        Flag(writer, "NetworkDisabled"u8, request.NetworkDisabled);
        Text(writer, "MacAddress"u8, request.MacAddress);
        List(writer, "OnBuild"u8, request.OnBuild);
        Map(writer, "Labels"u8, request.Labels);
        Text(writer, "StopSignal"u8, request.StopSignal);
        Number(writer, "StopTimeout"u8, request.StopTimeout);
        List(writer, "Shell"u8, request.Shell);
        if (request.HostConfig is { } host)
            Write(writer, host);
        if (request.NetworkingConfig is { EndpointsConfig.Count: > 0 } networking)
            Rare(writer, "NetworkingConfig"u8, networking, static () => EngineApiJson.Default.NetworkingConfig);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, HostConfig host)
    {
        writer.WriteStartObject("HostConfig"u8);
        List(writer, "Binds"u8, host.Binds);
        Text(writer, "ContainerIDFile"u8, host.ContainerIDFile);
        if (host.LogConfig is { } log && (log.Type.Length > 0 || log.Config is { Count: > 0 }))
            Rare(writer, "LogConfig"u8, log, static () => EngineApiJson.Default.LogConfig);
        Text(writer, "NetworkMode"u8, host.NetworkMode);
        Ports(writer, host.PortBindings);
        if (host.RestartPolicy.Name is not ("" or "no") || host.RestartPolicy.MaximumRetryCount != 0)
            Rare(writer, "RestartPolicy"u8, host.RestartPolicy, static () => EngineApiJson.Default.RestartPolicy);
        Flag(writer, "AutoRemove"u8, host.AutoRemove);
        Text(writer, "VolumeDriver"u8, host.VolumeDriver);
        List(writer, "VolumesFrom"u8, host.VolumesFrom);
        if (host.ConsoleSize is [var rows, var columns] && (rows | columns) != 0)
        {
            writer.WriteStartArray("ConsoleSize"u8);
            writer.WriteNumberValue(rows);
            writer.WriteNumberValue(columns);
            writer.WriteEndArray();
        }
        Map(writer, "Annotations"u8, host.Annotations);
        List(writer, "CapAdd"u8, host.CapAdd);
        List(writer, "CapDrop"u8, host.CapDrop);
        Text(writer, "CgroupnsMode"u8, host.CgroupnsMode);
        List(writer, "Dns"u8, host.Dns);
        List(writer, "DnsOptions"u8, host.DnsOptions);
        List(writer, "DnsSearch"u8, host.DnsSearch);
        List(writer, "ExtraHosts"u8, host.ExtraHosts);
        List(writer, "GroupAdd"u8, host.GroupAdd);
        Text(writer, "IpcMode"u8, host.IpcMode);
        Text(writer, "Cgroup"u8, host.Cgroup);
        List(writer, "Links"u8, host.Links);
        Number(writer, "OomScoreAdj"u8, (long)host.OomScoreAdj);
        Text(writer, "PidMode"u8, host.PidMode);
        Flag(writer, "Privileged"u8, host.Privileged);
        Flag(writer, "PublishAllPorts"u8, host.PublishAllPorts);
        Flag(writer, "ReadonlyRootfs"u8, host.ReadonlyRootfs);
        List(writer, "SecurityOpt"u8, host.SecurityOpt);
        Map(writer, "StorageOpt"u8, host.StorageOpt);
        Map(writer, "Tmpfs"u8, host.Tmpfs);
        Text(writer, "UTSMode"u8, host.UTSMode);
        Text(writer, "UsernsMode"u8, host.UsernsMode);
        Number(writer, "ShmSize"u8, host.ShmSize);
        Map(writer, "Sysctls"u8, host.Sysctls);
        Text(writer, "Runtime"u8, host.Runtime);
        Text(writer, "Isolation"u8, host.Isolation);
        Rare(writer, "Mounts"u8, host.Mounts, static () => EngineApiJson.Default.ListMountSpec);
        Rare(writer, "Secrets"u8, host.Secrets, static () => EngineApiJson.Default.ListSecretSpec);
        List(writer, "MaskedPaths"u8, host.MaskedPaths);
        List(writer, "ReadonlyPaths"u8, host.ReadonlyPaths);
        if (host.Init is { } init)
            writer.WriteBoolean("Init"u8, init);
        WriteLimits(writer, host);
        writer.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter writer, Resources limits)
    {
        Number(writer, "CpuShares"u8, limits.CpuShares);
        Number(writer, "Memory"u8, limits.Memory);
        Number(writer, "NanoCpus"u8, limits.NanoCpus);
        Text(writer, "CgroupParent"u8, limits.CgroupParent);
        Number(writer, "BlkioWeight"u8, (long)limits.BlkioWeight);
        Rare(writer, "BlkioWeightDevice"u8, limits.BlkioWeightDevice, static () => EngineApiJson.Default.ListWeightDevice);
        Rare(writer, "BlkioDeviceReadBps"u8, limits.BlkioDeviceReadBps, static () => EngineApiJson.Default.ListThrottleDevice);
        Rare(writer, "BlkioDeviceWriteBps"u8, limits.BlkioDeviceWriteBps, static () => EngineApiJson.Default.ListThrottleDevice);
        Rare(writer, "BlkioDeviceReadIOps"u8, limits.BlkioDeviceReadIOps, static () => EngineApiJson.Default.ListThrottleDevice);
        Rare(writer, "BlkioDeviceWriteIOps"u8, limits.BlkioDeviceWriteIOps, static () => EngineApiJson.Default.ListThrottleDevice);
        Number(writer, "CpuPeriod"u8, limits.CpuPeriod);
        Number(writer, "CpuQuota"u8, limits.CpuQuota);
        Number(writer, "CpuRealtimePeriod"u8, limits.CpuRealtimePeriod);
        Number(writer, "CpuRealtimeRuntime"u8, limits.CpuRealtimeRuntime);
        Text(writer, "CpusetCpus"u8, limits.CpusetCpus);
        Text(writer, "CpusetMems"u8, limits.CpusetMems);
        Rare(writer, "Devices"u8, limits.Devices, static () => EngineApiJson.Default.ListDeviceMapping);
        List(writer, "DeviceCgroupRules"u8, limits.DeviceCgroupRules);
        Rare(writer, "DeviceRequests"u8, limits.DeviceRequests, static () => EngineApiJson.Default.ListDeviceRequest);
        Number(writer, "KernelMemory"u8, limits.KernelMemory);
        Number(writer, "KernelMemoryTCP"u8, limits.KernelMemoryTCP);
        Number(writer, "MemoryReservation"u8, limits.MemoryReservation);
        Number(writer, "MemorySwap"u8, limits.MemorySwap);
        // Null and 0 differ for these three.
        if (limits.MemorySwappiness is { } swappiness)
            writer.WriteNumber("MemorySwappiness"u8, swappiness);
        if (limits.OomKillDisable is { } disable)
            writer.WriteBoolean("OomKillDisable"u8, disable);
        if (limits.PidsLimit is { } pids)
            writer.WriteNumber("PidsLimit"u8, pids);
        Rare(writer, "Ulimits"u8, limits.Ulimits, static () => EngineApiJson.Default.ListUlimit);
        Number(writer, "CpuCount"u8, limits.CpuCount);
        Number(writer, "CpuPercent"u8, limits.CpuPercent);
        Number(writer, "IOMaximumIOps"u8, (long)limits.IOMaximumIOps);
        Number(writer, "IOMaximumBandwidth"u8, (long)limits.IOMaximumBandwidth);
    }

    private static void Ports(Utf8JsonWriter writer, Dictionary<string, List<PortBinding>?>? ports)
    {
        if (ports is not { Count: > 0 })
            return;
        writer.WriteStartObject("PortBindings"u8);
        foreach ((string port, List<PortBinding>? bindings) in ports)
        {
            writer.WriteStartArray(port);
            foreach (PortBinding binding in bindings ?? [])
            {
                writer.WriteStartObject();
                writer.WriteString("HostIp"u8, binding.HostIp);
                writer.WriteString("HostPort"u8, binding.HostPort);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            writer.WriteString(name, value);
    }

    private static void Flag(Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool value)
    {
        if (value)
            writer.WriteBoolean(name, value);
    }

    private static void Number(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long value)
    {
        if (value != 0)
            writer.WriteNumber(name, value);
    }

    private static void Number(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int? value)
    {
        if (value is { } number)
            writer.WriteNumber(name, number);
    }

    /// <summary>An empty list is not the same as none.</summary>
    internal static void List(Utf8JsonWriter writer, ReadOnlySpan<byte> name, List<string>? values)
    {
        if (values is null)
            return;
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static void Map(Utf8JsonWriter writer, ReadOnlySpan<byte> name, Dictionary<string, string>? values)
    {
        if (values is not { Count: > 0 })
            return;
        writer.WriteStartObject(name);
        foreach ((string key, string value) in values)
            writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    private static void Set(Utf8JsonWriter writer, ReadOnlySpan<byte> name, Dictionary<string, EmptyObject>? values)
    {
        if (values is not { Count: > 0 })
            return;
        writer.WriteStartObject(name);
        foreach (string key in values.Keys)
        {
            writer.WriteStartObject(key);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void Rare<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, T? value, Func<JsonTypeInfo<T>> type) where T : class
    {
        if (value is null)
            return;
        writer.WritePropertyName(name);
        JsonSerializer.Serialize(writer, value, type());
    }
}
