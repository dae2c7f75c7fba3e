namespace Tare.Engine.Containers.Start;

/// <summary>What has been made so far and how to unmake it, newest first. Thread-safe for pushing.</summary>
internal sealed class UndoStack
{
    private readonly Stack<Func<Task>> _steps = new();
    private readonly Lock _lock = new();

    /// <summary>Adds the undoing of a step that has just succeeded.</summary>
    internal void Push(Func<Task> undo)
    {
        lock (_lock)
            _steps.Push(undo);
    }

    /// <inheritdoc cref="Push(Func{Task})"/>
    internal void Push(Action undo) => Push(() =>
    {
        undo();
        return Task.CompletedTask;
    });

    /// <summary>Unmakes everything, going on past failures, which are returned.</summary>
    internal async Task<IReadOnlyList<Exception>> RunAsync()
    {
        List<Exception> failures = [];
        while (true)
        {
            Func<Task>? step;
            lock (_lock)
            {
                if (!_steps.TryPop(out step))
                    return failures;
            }
            try
            {
                await step();
            }
            catch (Exception error)
            {
                // Every other step must still be undone; the caller reports them together.
                failures.Add(error);
            }
        }
    }
}
