using Microsoft.AspNetCore.Http;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Networks;
using Tare.EngineApi.Server.Containers;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.Tests.Unit.EngineApi.Server;

/// <summary>What differs between the versions of the API, one line a difference: the last version of the old meaning and the first of the new.</summary>
public sealed class OlderClientsTests
{
    public static readonly TheoryData<string, int, string, string> Creations = new()
    {
        { "ipc", 40, "shareable", "" },
        { "cgroupns", 41, File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "" : "host", "" },
        { "console", 42, "0", "24" },
        { "annotations", 43, "none", "1" },
        { "start-interval", 44, "0", "5" },
        { "non-recursive", 40, "False", "True" },
        { "create-source", 42, "False", "True" },
        { "read-only-below", 44, "True", "False" },
        { "gateway-priority", 48, "0", "7" },
        { "other-options", 42, "none", "some" },
        { "volume-subpath", 45, "VolumeOptions.Subpath needs API v1.45 or newer", "accepted" },
        { "force-recursive", 44, "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer", "accepted" },
        { "image-mount", 48, "Mount type \"Image\" needs API v1.48 or newer", "accepted" },
        { "networks", 44, "Container cannot be created with multiple network endpoints: a, b", "accepted" },
    };

    [Theory]
    [MemberData(nameof(Creations))]
    public void A_request_means_what_it_meant_in_its_version(string field, int first, string before, string since)
    {
        Assert.Equal(before, Create(field, first - 1));
        Assert.Equal(since, Create(field, first));
        Assert.Equal(since, Create(field, 55));
        Assert.Equal(before, Create(field, 24));
    }

    [Theory]
    [InlineData(39, false, false)]
    [InlineData(40, true, false)]
    [InlineData(54, true, false)]
    [InlineData(55, true, true)]
    public void An_update_changes_what_it_could_in_its_version(int minor, bool pids, bool devices)
    {
        UpdateRequest body = new() { PidsLimit = 5, BlkioDeviceReadBps = [new ThrottleDevice()], BlkioWeightDevice = [new WeightDevice()] };
        OlderClients.Adapt(Request(minor), body);
        Assert.Equal((pids, devices, devices), (body.PidsLimit is not null, body.BlkioDeviceReadBps is not null, body.BlkioWeightDevice is not null));
    }

    [Theory]
    [InlineData(45, false, false)]
    [InlineData(46, true, false)]
    [InlineData(51, true, false)]
    [InlineData(52, true, true)]
    public void A_list_shows_what_it_had_in_its_version(int minor, bool annotations, bool health)
    {
        ContainerSummary container = new() { HostConfig = new HostConfigSummary { Annotations = new() { ["a"] = "b" } }, Health = new HealthSummary { Status = "healthy" } };
        OlderClients.Adapt(Request(minor), [container]);
        Assert.Equal((annotations, health), (container.HostConfig.Annotations is not null, container.Health is not null));
    }

    [Theory]
    [InlineData(44, "10.0.0.2", "web,aaaaaaaaaaaa,host")]
    [InlineData(45, "10.0.0.2", "web")]
    [InlineData(51, "10.0.0.2", "web")]
    [InlineData(52, null, "web")]
    public void An_inspection_shows_what_it_had_in_its_version(int minor, string? address, string aliases)
    {
        EndpointSettings kept = new() { Aliases = ["web"] };
        ContainerInspect container = new()
        {
            Id = new string('a', 64),
            Config = new ContainerConfig { Hostname = "host" },
            NetworkSettings = new NetworkSettings { IPAddress = "10.0.0.2", Networks = new() { ["own"] = kept } },
        };
        OlderClients.Adapt(Request(minor), container);
        Assert.Equal((address, aliases), (container.NetworkSettings.IPAddress, string.Join(',', container.NetworkSettings.Networks["own"].Aliases!)));
        Assert.Equal(["web"], kept.Aliases);
    }

    private static string Create(string field, int minor)
    {
        MountSpec bind = new() { Type = "bind", ReadOnly = true, BindOptions = new BindOptions { NonRecursive = true, CreateMountpoint = true } };
        CreateRequest body = new()
        {
            Healthcheck = new HealthConfig { StartInterval = 5 },
            HostConfig = new HostConfig { ConsoleSize = [24, 80], Annotations = new() { ["a"] = "b" }, Mounts = [bind] },
            NetworkingConfig = new NetworkingConfig { EndpointsConfig = new() { ["a"] = new EndpointSettings { GwPriority = 7 } } },
        };
        switch (field)
        {
            case "other-options":
                bind.VolumeOptions = new VolumeOptions();
                break;
            case "volume-subpath":
                body.HostConfig.Mounts = [new MountSpec { Type = "volume", VolumeOptions = new VolumeOptions { Subpath = "x" } }];
                break;
            case "force-recursive":
                bind.BindOptions.ReadOnlyForceRecursive = true;
                break;
            case "image-mount":
                bind.Type = "image";
                break;
            case "networks":
                body.NetworkingConfig.EndpointsConfig!["b"] = new EndpointSettings();
                break;
            default:
                break;
        }
        try
        {
            OlderClients.Adapt(Request(minor), body);
        }
        catch (TareException refusal)
        {
            return refusal.Message;
        }
        return field switch
        {
            "ipc" => body.HostConfig.IpcMode,
            "cgroupns" => body.HostConfig.CgroupnsMode,
            "console" => $"{body.HostConfig.ConsoleSize![0]}",
            "annotations" => body.HostConfig.Annotations is { } annotations ? $"{annotations.Count}" : "none",
            "start-interval" => $"{body.Healthcheck.StartInterval}",
            "non-recursive" => $"{bind.BindOptions.NonRecursive}",
            "create-source" => $"{bind.BindOptions.CreateMountpoint}",
            "read-only-below" => $"{bind.BindOptions.ReadOnlyNonRecursive}",
            "gateway-priority" => $"{body.NetworkingConfig.EndpointsConfig!["a"]!.GwPriority}",
            "other-options" => bind.VolumeOptions is null ? "none" : "some",
            _ => "accepted",
        };
    }

    private static ApiRequest Request(int minor) => new(new DefaultHttpContext(), 1000 + minor, []);
}
