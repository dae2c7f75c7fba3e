using Microsoft.Extensions.Logging;

namespace Tare.EngineApi.Server.Hosting;

/// <summary>Writes what the HTTP server has to say, from a level on, as lines to standard error.</summary>
public sealed class StderrLogger(LogLevel least) : ILoggerFactory, ILogger
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider)
    {
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            Write(logLevel, exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception}");
    }

    /// <summary>One line: time, level, message.</summary>
    public void Write(LogLevel level, string message)
    {
        if (IsEnabled(level))
            Console.Error.WriteLine($"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {Name(level)} {message}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };
}
