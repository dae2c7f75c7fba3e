namespace Tare.Engine.Events;

/// <summary>Something that happened: what kind of thing, which one, what with it, when. Attributes hold names, labels, exit codes.</summary>
/// <param name="Type">container, image, network, volume, daemon.</param>
/// <param name="Action">create, start, die, or "exec_create: sh -c true".</param>
/// <param name="ActorId">Id or name of the thing.</param>
/// <param name="Attributes">Read-only from here on.</param>
/// <param name="UnixNanoseconds">Nanoseconds since 1970; strictly increasing within a bus.</param>
public sealed record EngineEvent(string Type, string Action, string ActorId, IReadOnlyDictionary<string, string> Attributes, long UnixNanoseconds);
