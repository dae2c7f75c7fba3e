namespace Tare.Engine.Containers.State;

/// <summary>A link of a container on the default bridge.</summary>
/// <param name="ContainerId">Full id of the container that is linked to.</param>
/// <param name="Alias">Its name for the one that has the link.</param>
public sealed record LinkRecord(string ContainerId, string Alias);
