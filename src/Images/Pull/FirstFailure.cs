namespace Tare.Images.Pull;

/// <summary>Several tasks of one operation: the first that fails cancels the waiting for the others. Thread-safe.</summary>
internal sealed class FirstFailure(CancellationToken outer) : IDisposable
{
    private readonly CancellationTokenSource _cancel = CancellationTokenSource.CreateLinkedTokenSource(outer);
    private readonly Lock _lock = new();
    private Exception? _failure;
    private bool _disposed;

    /// <summary>Cancelled when a task has failed, or from outside.</summary>
    public CancellationToken Token => _cancel.Token;

    /// <summary>The failure, or null.</summary>
    public Exception? Failure
    {
        get
        {
            lock (_lock)
                return _failure;
        }
    }

    /// <summary>Looks at a task's end.</summary>
    public void Watch(Task task) =>
        _ = task.ContinueWith(t => Fail(t.Exception!.InnerException!), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _cancel.Dispose();
        }
    }

    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _failure ??= failure;
            _cancel.Cancel();
        }
    }
}
