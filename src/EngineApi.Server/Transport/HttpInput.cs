using System.IO.Pipelines;

namespace Tare.EngineApi.Server.Transport;

/// <summary>
/// What the HTTP server reads of a connection: everything until the connection is hijacked, then nothing. What a client sends on a hijacked
/// connection is input of a container, and must never be taken for a request, not even when nobody read it.
/// </summary>
internal sealed class HttpInput(PipeReader connection) : PipeReader
{
    private bool _closed;

    /// <summary>From now on the server sees the end.</summary>
    public void Close() => _closed = true;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _closed ? new ValueTask<ReadResult>(End) : connection.ReadAsync(cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        result = End;
        return _closed || connection.TryRead(out result);
    }

    public override void AdvanceTo(SequencePosition consumed)
    {
        if (!_closed)
            connection.AdvanceTo(consumed);
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_closed)
            connection.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => connection.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        if (!_closed)
            connection.Complete(exception);
    }

    private static ReadResult End => new(default, isCanceled: false, isCompleted: true);
}
