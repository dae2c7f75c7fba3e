namespace Tare.Engine.Containers.State;

/// <summary>A mutual exclusion that may be held across awaits. Not re-entrant.</summary>
public sealed class AsyncLock : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(1, 1);

    /// <summary>Waits for the lock; disposing the result releases it.</summary>
    public async ValueTask<Releaser> EnterAsync()
    {
        await _semaphore.WaitAsync();
        return new Releaser(_semaphore);
    }

    /// <inheritdoc/>
    public void Dispose() => _semaphore.Dispose();

    /// <summary>Holds the lock until disposed.</summary>
    public readonly struct Releaser(SemaphoreSlim semaphore) : IDisposable, IEquatable<Releaser>
    {
        private readonly SemaphoreSlim _semaphore = semaphore;

        /// <inheritdoc/>
        public void Dispose() => _semaphore.Release();

        /// <inheritdoc/>
        public bool Equals(Releaser other) => ReferenceEquals(_semaphore, other._semaphore);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Releaser other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => _semaphore.GetHashCode();

        /// <summary>Same lock.</summary>
        public static bool operator ==(Releaser left, Releaser right) => left.Equals(right);

        /// <summary>Not the same lock.</summary>
        public static bool operator !=(Releaser left, Releaser right) => !left.Equals(right);
    }
}
