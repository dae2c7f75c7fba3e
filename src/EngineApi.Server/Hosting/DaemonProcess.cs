using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tare.Engine;
using Tare.Engine.Daemon;
using Tare.EngineApi.Server.Audit;
using Tare.EngineApi.Server.Configuration;
using Tare.EngineApi.Server.Transport;
using Tare.Errors;

namespace Tare.EngineApi.Server.Hosting;

/// <summary>A daemon from start to end: engine, sockets, API, pid file, signals. Ending it leaves the containers running.</summary>
/// <param name="options">What it is to be.</param>
/// <param name="beside">Starts what serves beside the API, a registry for example; ended before the engine is.</param>
public sealed class DaemonProcess(DaemonOptions options, Func<EngineHost, StderrLogger, Task<IAsyncDisposable>>? beside = null) : IAsyncDisposable
{
    private readonly StderrLogger _log = new(options.LogLevel);
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ListeningSocket> _sockets = [];
    private EngineHost? _engine;
    private ApiServer? _server;
    private IAsyncDisposable? _beside;
    private AuditLog? _audit;
    private bool _wrotePid;

    /// <summary>Serves until SIGTERM or SIGINT.</summary>
    public async Task RunAsync()
    {
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        TlsIdentity? identity = options.Tls is { } tls ? TlsIdentity.Load(tls.Authority, tls.Certificate, tls.Key, message => _log.Write(LogLevel.Warning, message)) : null;
        uint? group = options.Group is { } name ? GroupDatabase.Find(name) : null;
        WritePidFile();
        _engine = EngineHost.Start(options.Engine with { Log = message => _log.Write(LogLevel.Warning, message) });
        foreach (string host in options.Hosts)
            _sockets.AddRange(ListenAddress.Open(host, group, identity));
        _audit = options.AuditFile is { } file ? new AuditLog(file) : null;
        _server = new ApiServer(EngineRoutes.Of(_engine), _sockets, EngineVersion.Text, _log, _audit);
        await _server.StartAsync();
        if (beside is not null)
            _beside = await beside(_engine, _log);
        Task wanted = Task.Run(_engine.StartWantedAsync);
        Notify("READY=1");
        _log.Write(LogLevel.Information, $"serving on {string.Join(", ", _sockets)}");
        await _stop.Task;
        Notify("STOPPING=1");
        await _server.StopAsync(options.ShutdownTimeout);
        await wanted;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_beside is not null)
            await _beside.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        foreach (ListeningSocket socket in _sockets)
            socket.Dispose();
        _engine?.Dispose();
        _audit?.Dispose();
        if (_wrotePid)
            File.Delete(options.PidFile!);
        _log.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = _stop.TrySetResult();
    }

    private void WritePidFile()
    {
        if (options.PidFile is not { } path)
            return;
        if (File.Exists(path) && int.TryParse(File.ReadAllText(path).Trim(), out int pid) && pid != Environment.ProcessId && Directory.Exists($"/proc/{pid}"))
            throw TareException.Conflict($"process with PID {pid} is still running; if it is not tared, delete {path}");
        File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        _wrotePid = true;
    }

    /// <summary>Tells systemd, when it asked to be told (sd_notify(3)).</summary>
    private static void Notify(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } path)
            return;
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Dgram, 0);
        try
        {
            EndPoint address = new System.Net.Sockets.UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
            _ = socket.SendTo(System.Text.Encoding.ASCII.GetBytes(state), address);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // A supervisor that does not listen misses nothing it needs.
        }
    }
}
