namespace Tare.EngineApi.Server.Transport;

/// <summary>What handlers may do with the connection below a request; a feature of every request.</summary>
internal interface IClientConnection
{
    /// <summary>True once <see cref="Hijack"/> was called.</summary>
    bool IsHijacked { get; }

    /// <summary>Takes the connection away from HTTP: from now on only the returned stream reads and writes, until it ends.</summary>
    HijackedStream Hijack();

    /// <summary>Who the client is; asked after a request has arrived.</summary>
    ClientPeer Peer { get; }

    /// <summary>Completes when the client has closed its side; for streams whose client sends nothing more.</summary>
    Task WaitForClientGoneAsync(CancellationToken cancellation);
}
