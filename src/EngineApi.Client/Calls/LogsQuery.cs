namespace Tare.EngineApi.Client.Calls;

/// <summary>Which log lines are wanted, in the words of the API: times are seconds since 1970 with a fraction, the tail a number or "all".</summary>
public sealed record LogsQuery(bool Follow, bool Timestamps, bool Details, string? Tail, string? Since, string? Until);
