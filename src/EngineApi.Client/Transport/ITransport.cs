namespace Tare.EngineApi.Client.Transport;

/// <summary>A connected byte stream; one thread may read while another writes.</summary>
internal interface ITransport : IDisposable
{
    /// <summary>Reads at least one byte, or 0 at the end.</summary>
    int Read(Span<byte> buffer);

    /// <summary>Writes everything.</summary>
    void Write(ReadOnlySpan<byte> data);

    /// <summary>Ends the sending direction; receiving goes on.</summary>
    void CloseWrite();

    /// <summary>Ends both directions, which wakes a blocked reader.</summary>
    void Abort();
}
