using Tare.EngineApi.Containers;

namespace Tare.Engine.Containers;

/// <summary>Whether and when the restart policy starts a container again. Pure.</summary>
public static class RestartDecision
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>A run of at least this long ends a row of failures.</summary>
    public static TimeSpan LongEnough { get; } = TimeSpan.FromSeconds(10);

    /// <summary>After an exit: true when the container is to be started again.</summary>
    public static bool ShouldRestart(RestartPolicy policy, int exitCode, bool stoppedByUser, int restartsSoFar) => policy.Name switch
    {
        "always" or "unless-stopped" => !stoppedByUser,
        "on-failure" => !stoppedByUser && exitCode != 0 && (policy.MaximumRetryCount == 0 || restartsSoFar < policy.MaximumRetryCount),
        _ => false,
    };

    /// <summary>At the start of the engine, of a container that has ended: "always" means also those that a user stopped.</summary>
    public static bool ShouldStartWithEngine(RestartPolicy policy, int exitCode, bool stoppedByUser, int restartsSoFar) =>
        policy.Name == "always" || ShouldRestart(policy, exitCode, stoppedByUser, restartsSoFar);

    /// <summary>How long to wait: 100 ms, doubled for each restart in a row, at most a minute; from the beginning after a long run.</summary>
    public static TimeSpan Delay(TimeSpan previousDelay, TimeSpan lastRun) =>
        previousDelay == TimeSpan.Zero || lastRun >= LongEnough ? First : previousDelay * 2 > Longest ? Longest : previousDelay * 2;
}
