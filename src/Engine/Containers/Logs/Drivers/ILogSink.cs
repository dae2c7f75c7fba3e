namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>One line, or a part of a line that is longer than 16 KiB.</summary>
/// <param name="Text">Without its line feed.</param>
/// <param name="IsError">From standard error.</param>
/// <param name="Time">When it was written.</param>
/// <param name="Part">Which part of its line; null for a whole one.</param>
internal readonly record struct LogLine(ReadOnlyMemory<byte> Text, bool IsError, DateTimeOffset Time, LinePart? Part);

/// <summary>A part of a line.</summary>
/// <param name="Id">The same for all parts of a line.</param>
/// <param name="Ordinal">From 1.</param>
/// <param name="IsLast">Nothing of the line follows.</param>
internal sealed record LinePart(string Id, int Ordinal, bool IsLast);

/// <summary>Where lines go. Used by one task at a time.</summary>
internal interface ILogSink : IAsyncDisposable
{
    /// <summary>Makes sure that there is somebody to send to; Unavailable when there is not.</summary>
    Task ConnectAsync(CancellationToken cancellation);

    /// <summary>Sends one line; IOException or SocketException when the connection is lost, after which <see cref="ConnectAsync"/> makes another.</summary>
    Task SendAsync(LogLine line, CancellationToken cancellation);
}
