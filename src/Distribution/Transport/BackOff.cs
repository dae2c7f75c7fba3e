namespace Tare.Distribution.Transport;

/// <summary>The wait before another attempt: it doubles, is at most half a minute, and differs a little so that many clients do not come at once.</summary>
internal static class BackOff
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Waits before attempt number <paramref name="attempt"/> + 1.</summary>
    public static Task WaitAsync(RegistryOptions options, int attempt, CancellationToken cancel)
    {
        double wait = Math.Min(options.FirstBackOff.TotalMilliseconds * Math.Pow(2, attempt - 1), Longest.TotalMilliseconds);
#pragma warning disable CA5394 // Not a secret: it only spreads clients out.
        return Task.Delay(TimeSpan.FromMilliseconds(wait * (0.75 + (Random.Shared.NextDouble() / 2))), cancel);
#pragma warning restore CA5394
    }
}
