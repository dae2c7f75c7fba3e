namespace Tare.Images.Progress;

/// <summary>Looks ten times a second, and once at the end, until it is disposed.</summary>
internal sealed class ProgressClock : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public ProgressClock(Action look) => _running = RunAsync(look);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Action look)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                look();
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
