using Tare.Cgroups;
using Tare.Engine.Containers.Lists;
using Tare.Engine.Containers.Logs.Drivers;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.Users;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Create;

/// <summary>Refuses host configurations that cannot be, in the words scripts know, and fills in defaults.</summary>
internal static class HostConfigCheck
{
    /// <summary>Changes <paramref name="host"/> into what the record keeps, and returns warnings of what this machine does not have.</summary>
    /// <param name="host">The wish.</param>
    /// <param name="machine">The machine's cgroups.</param>
    /// <param name="users">User ids of containers that choose none.</param>
    internal static List<string> Run(HostConfig host, CgroupHierarchy machine, UserRemap? users = null)
    {
        List<string> warnings = ResourceCheck.Run(host, machine);
        Defaults(host);
        Restart(host);
        Modes(host);
        LogOptionCheck.Run(host.LogConfig);
        Ports(host.PortBindings);
        foreach (string name in (host.Sysctls ?? []).Keys)
            Sysctl(name, host);
        if (host.OomScoreAdj is < -1000 or > 1000)
            throw TareException.Invalid($"Invalid value {host.OomScoreAdj}, range for oom score adj is [-1000, 1000]");
        if (host.ShmSize < 0)
            throw TareException.Invalid("SHM size can not be less than 0");
        if (host.StorageOpt is { Count: > 0 })
            throw TareException.Invalid("--storage-opt is not supported: the writable layer has no quota");
        if (host.VolumeDriver is not ("" or "local"))
            throw TareException.NotFound($"error looking up volume plugin {host.VolumeDriver}: plugin \"{host.VolumeDriver}\" not found");
        // These throw when something in them is not understood.
        _ = SecurityOptions.Parse(host.SecurityOpt);
        _ = CapabilityChoice.Choose(host);
        foreach (string rule in host.DeviceCgroupRules ?? [])
            _ = DeviceChoice.ParseRule(rule);
        if (UserRemap.Choose(users, host.UsernsMode) is not (null, null))
            Users(host);
        return warnings;
    }

    private static void Defaults(HostConfig host)
    {
        if (host.Memory > 0 && host.MemorySwap == 0)
            host.MemorySwap = host.Memory * 2;
        if (host.NetworkMode is "" or "default")
            host.NetworkMode = "bridge";
        if (host.IpcMode.Length == 0)
            host.IpcMode = "private";
        if (host.CgroupnsMode.Length == 0)
            host.CgroupnsMode = "private";
        if (host.ShmSize == 0)
            host.ShmSize = 64 << 20;
        if (host.RestartPolicy.Name.Length == 0)
            host.RestartPolicy.Name = "no";
        if (host.LogConfig.Type.Length == 0)
            host.LogConfig.Type = "json-file";
        if (host.PidsLimit is 0 or < -1)
            host.PidsLimit = null;
        // The names that clients know for the runtime that is built in.
        if (host.Runtime is not (null or "" or "tare" or "runc" or "io.containerd.runc.v2"))
            throw TareException.Invalid($"unknown or invalid runtime name: {host.Runtime}");
        host.Runtime = "tare";
        if (host.Isolation is not ("" or "default"))
            throw TareException.Invalid($"invalid isolation ({host.Isolation}): linux only supports 'default'");
    }

    private static void Restart(HostConfig host)
    {
        RestartPolicy policy = host.RestartPolicy;
        if (policy.Name is not ("no" or "always" or "on-failure" or "unless-stopped"))
        {
            throw TareException.Invalid(
                $"invalid restart policy: unknown policy '{policy.Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'");
        }
        if (policy.Name != "on-failure" && policy.MaximumRetryCount != 0)
            throw TareException.Invalid($"invalid restart policy: maximum retry count can only be used with 'on-failure'");
        if (policy.MaximumRetryCount < 0)
            throw TareException.Invalid("invalid restart policy: maximum retry count cannot be negative");
        if (host.AutoRemove && policy.Name != "no")
            throw TareException.Invalid("can't create 'AutoRemove' container with restart policy");
    }

    private static void Modes(HostConfig host)
    {
        if (host.IpcMode is not ("private" or "shareable" or "none" or "host") && !IsContainer(host.IpcMode))
            throw TareException.Invalid($"invalid IPC mode: {host.IpcMode}");
        if (host.PidMode is not ("" or "host") && !IsContainer(host.PidMode))
            throw TareException.Invalid($"invalid PID mode: {host.PidMode}");
        if (host.UTSMode is not ("" or "host"))
            throw TareException.Invalid($"invalid UTS mode: {host.UTSMode}");
        if (host.CgroupnsMode is not ("private" or "host"))
            throw TareException.Invalid($"invalid cgroup namespace mode: {host.CgroupnsMode}");
        if (IsContainer(host.NetworkMode) && host.PortBindings is { Count: > 0 })
            throw TareException.Invalid("conflicting options: port publishing and the container type network mode");
        if (IsContainer(host.NetworkMode) && host.ExtraHosts is { Count: > 0 })
            throw TareException.Invalid("conflicting options: custom host-to-IP mapping and the network mode");
        if ((IsContainer(host.NetworkMode) || host.NetworkMode == "host") && host.Links is { Count: > 0 })
            throw TareException.Invalid("conflicting options: links and the network mode");
    }

    /// <summary>What belongs to the host or to another container cannot be mounted or changed from within a user namespace.</summary>
    private static void Users(HostConfig host)
    {
        if (host.Privileged)
            throw TareException.Invalid("privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode");
        foreach ((string what, string mode) in new[] { ("network", host.NetworkMode), ("PID", host.PidMode), ("IPC", host.IpcMode), ("UTS", host.UTSMode) })
        {
            if (mode == "host")
                throw TareException.Invalid($"cannot share the host's {what} namespace when user namespaces are enabled");
            if (IsContainer(mode))
                throw TareException.Invalid($"cannot share another container's {what} namespace when user namespaces are enabled");
        }
    }

    private static bool IsContainer(string mode) => mode.StartsWith("container:", StringComparison.Ordinal) && mode.Length > 10;

    private static void Ports(Dictionary<string, List<PortBinding>?>? ports)
    {
        foreach ((string port, List<PortBinding>? bindings) in ports ?? [])
        {
            _ = PortRange.Parse(port);
            foreach (PortBinding binding in bindings ?? [])
            {
                if (binding.HostPort.Length > 0 && !PortRange.TryParse(binding.HostPort, out _))
                    throw TareException.Invalid($"invalid port specification: \"{binding.HostPort}\"");
                if (binding.HostIp.Length > 0 && !System.Net.IPAddress.TryParse(binding.HostIp, out _))
                    throw TareException.Invalid($"invalid IP address: {binding.HostIp}");
            }
        }
    }

    /// <summary>Only what belongs to the container's own namespaces.</summary>
    private static void Sysctl(string name, HostConfig host)
    {
        if (!NamespacedSysctls.Has(name))
            throw TareException.Invalid($"sysctl '{name}' is not allowed: it is not in a namespace of the container");
        if (NamespacedSysctls.IsNetwork(name) && host.NetworkMode == "host")
            throw TareException.Invalid($"sysctl '{name}' not allowed in host network namespace");
        if (NamespacedSysctls.IsIpc(name) && host.IpcMode == "host")
            throw TareException.Invalid($"sysctl '{name}' not allowed in host ipc namespace");
    }
}
