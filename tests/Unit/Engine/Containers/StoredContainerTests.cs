using System.Text.Json;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;

namespace Tare.Tests.Unit.Engine.Containers;

/// <summary>Records as the database holds them.</summary>
public sealed class StoredContainerTests
{
    [Fact]
    public void A_container_with_a_bind_mount_is_read_again_when_the_engine_starts_again()
    {
        ContainerRecord record = new()
        {
            Id = "0a",
            Name = "bound",
            CreatedAt = 1,
            ImageId = "sha256:0",
            Config = new ContainerConfig(),
            HostConfig = new HostConfig(),
            Mounts = [new MountRecord { Kind = MountKind.Bind, Source = "/a", Destination = "/b" }, new MountRecord { Kind = MountKind.Tmpfs, Destination = "/c" }],
            State = new LifecycleState.Created(ExitRecord.None),
        };
        byte[] stored = JsonSerializer.SerializeToUtf8Bytes(StoredContainer.From(record), StoredContainerJson.Default.StoredContainer);
        ContainerRecord read = JsonSerializer.Deserialize(stored, StoredContainerJson.Default.StoredContainer)!.ToRecord();
        Assert.Equal(record.Mounts, read.Mounts);
    }
}
