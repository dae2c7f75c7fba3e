using Tare.Engine.Containers.Roles;
using Tare.EngineApi.Networks;
using Tare.Errors;

namespace Tare.Tests.Kernel.Engine;

/// <summary>For containers that run without a network.</summary>
internal sealed class NoNetworks : IContainerNetworks
{
    public string? HostGateway => null;

    public IReadOnlySet<string> Present => new HashSet<string>();

    public string GetName(string nameOrId) => throw TareException.NotFound($"network {nameOrId} not found");

    public bool IsUserDefined(string name) => false;

    public Task<NetworkSandbox> OpenAsync(SandboxRequest request) => throw TareException.NotFound("no networks here");

    public Task RestoreAsync(SandboxRequest request, string path) => Task.CompletedTask;

    public Task CloseAsync(string containerId) => Task.CompletedTask;

    public Task<NetworkChange> ConnectAsync(SandboxRequest request, string network, EndpointSettings wanted) => throw TareException.NotFound("no networks here");

    public Task<NetworkChange> DisconnectAsync(SandboxRequest request, string network) => throw TareException.NotFound("no networks here");

    public Task RenameAsync(string containerId, string newName) => Task.CompletedTask;
}
