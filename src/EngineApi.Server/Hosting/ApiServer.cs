using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tare.EngineApi.Server.Audit;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;

namespace Tare.EngineApi.Server.Hosting;

/// <summary>
/// Serves a table of routes on listening sockets: Kestrel without a host, a container for services or a pipeline, because those cost more at start
/// than everything else together.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly ApiApplication _application;

    /// <summary>Makes a server that is not yet serving; the sockets belong to it.</summary>
    public ApiServer(RouteTable routes, IEnumerable<ListeningSocket> sockets, string engineVersion, StderrLogger log, AuditLog? audit = null)
    {
        _application = new ApiApplication(routes, engineVersion, message => log.Write(LogLevel.Error, message), audit);
        var options = new KestrelServerOptions { AddServerHeader = false, AllowResponseHeaderCompression = false };
        // Uploads of images have no bound, and a terminal may be silent for days.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxResponseBufferSize = 1 << 20;
        foreach (ListeningSocket socket in sockets)
            options.Listen(socket, listen => listen.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(Options.Create(options), new ClientListenerFactory(), log);
    }

    /// <summary>Begins to accept.</summary>
    public Task StartAsync() => _server.StartAsync(_application, CancellationToken.None);

    /// <summary>Accepts no more, lets requests end until the time is over, then cuts them.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        using var limit = new CancellationTokenSource(grace);
        await _server.StopAsync(limit.Token);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }
}
