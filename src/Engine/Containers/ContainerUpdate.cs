using Tare.Cgroups;
using Tare.Engine.Containers.Create;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;
using Tare.Errors;
using System.Text.Json;

namespace Tare.Engine.Containers;

/// <summary>docker update: limits and the restart policy of a container that exists.</summary>
public sealed class ContainerUpdate(ContainerContext context)
{
    /// <summary>Changes what the request names; zeros and empty texts stay as they are.</summary>
    public async Task<UpdateResponse> RunAsync(string reference, UpdateRequest request)
    {
        Container container = context.Store.Get(reference);
        using (await container.Lock.EnterAsync())
        {
            if (container.State is LifecycleState.Removing or LifecycleState.Dead)
                throw TareException.Conflict("container is marked for removal and cannot be \"update\"");
            HostConfig host = Copy(container.Record.HostConfig);
            Apply(host, request);
            List<string> warnings = HostConfigCheck.Run(host, context.Cgroups);
            if (container.State.HasProcess)
            {
                ContainerCgroup cgroup = ContainerCgroup.Open(context.Cgroups, context.CgroupPath(container.Record));
                cgroup.Update(ResourceChoice.ToLimits(host, null));
                warnings.AddRange(cgroup.Warnings);
            }
            context.Store.Save(container, container.Record with { HostConfig = host });
            context.Publish(container.Record, "update");
            return new UpdateResponse { Warnings = warnings };
        }
    }

    /// <summary>Records are never changed, so the change is made on a copy.</summary>
    private static HostConfig Copy(HostConfig host) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(host, EngineApiJson.Default.HostConfig), EngineApiJson.Default.HostConfig)!;

    private static void Apply(HostConfig host, UpdateRequest request)
    {
        if (host.NanoCpus > 0 && (request.CpuPeriod > 0 || request.CpuQuota > 0))
            throw TareException.Invalid("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set");
        if (request.NanoCpus > 0 && (host.CpuPeriod > 0 || host.CpuQuota > 0))
            throw TareException.Invalid("Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set");
        host.BlkioWeight = request.BlkioWeight != 0 ? request.BlkioWeight : host.BlkioWeight;
        host.CpuShares = Changed(request.CpuShares, host.CpuShares);
        host.NanoCpus = Changed(request.NanoCpus, host.NanoCpus);
        host.CpuPeriod = Changed(request.CpuPeriod, host.CpuPeriod);
        host.CpuQuota = Changed(request.CpuQuota, host.CpuQuota);
        host.CpusetCpus = request.CpusetCpus.Length > 0 ? request.CpusetCpus : host.CpusetCpus;
        host.CpusetMems = request.CpusetMems.Length > 0 ? request.CpusetMems : host.CpusetMems;
        if (request.Memory > 0 && request.MemorySwap == 0 && host.MemorySwap > 0 && request.Memory > host.MemorySwap)
            throw TareException.Invalid("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
        host.Memory = Changed(request.Memory, host.Memory);
        host.MemorySwap = Changed(request.MemorySwap, host.MemorySwap);
        host.MemoryReservation = Changed(request.MemoryReservation, host.MemoryReservation);
        // No limit must be written to the kernel, where the old one stands.
        host.PidsLimit = request.PidsLimit is 0 ? -1 : request.PidsLimit ?? host.PidsLimit;
        host.CpuRealtimePeriod = Changed(request.CpuRealtimePeriod, host.CpuRealtimePeriod);
        host.CpuRealtimeRuntime = Changed(request.CpuRealtimeRuntime, host.CpuRealtimeRuntime);
        host.MemorySwappiness = request.MemorySwappiness ?? host.MemorySwappiness;
        host.OomKillDisable = request.OomKillDisable ?? host.OomKillDisable;
        host.BlkioWeightDevice = request.BlkioWeightDevice ?? host.BlkioWeightDevice;
        host.BlkioDeviceReadBps = request.BlkioDeviceReadBps ?? host.BlkioDeviceReadBps;
        host.BlkioDeviceWriteBps = request.BlkioDeviceWriteBps ?? host.BlkioDeviceWriteBps;
        host.BlkioDeviceReadIOps = request.BlkioDeviceReadIOps ?? host.BlkioDeviceReadIOps;
        host.BlkioDeviceWriteIOps = request.BlkioDeviceWriteIOps ?? host.BlkioDeviceWriteIOps;
        if (request.RestartPolicy is { Name.Length: > 0 } policy)
        {
            if (host.AutoRemove && policy.Name != "no")
                throw TareException.Invalid("Restart policy cannot be updated because AutoRemove is enabled for the container");
            host.RestartPolicy = policy;
        }
    }

    private static long Changed(long wanted, long present) => wanted != 0 ? wanted : present;
}
