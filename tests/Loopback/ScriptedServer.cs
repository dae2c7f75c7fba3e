using System.Collections.Concurrent;
using System.Net;

namespace Tare.Tests.Loopback;

/// <summary>An HTTP server that answers as a test says and remembers what it was asked.</summary>
public sealed class ScriptedServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<HttpListenerRequest, (int Status, (string Name, string Value)[] Headers, byte[] Body)> _script;
    private readonly ConcurrentQueue<string> _seen = new();

    public ScriptedServer(Func<HttpListenerRequest, (int Status, (string Name, string Value)[] Headers, byte[] Body)> script)
    {
        _script = script;
        using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }
        _listener.Prefixes.Add(Address.ToString());
        _listener.Start();
        _ = Task.Run(AnswerAllAsync);
    }

    public Uri Address { get; }

    /// <summary>First lines and headers of the requests, and their bodies.</summary>
    public IReadOnlyList<string> Seen => [.. _seen];

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task AnswerAllAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using var body = new StreamReader(context.Request.InputStream);
                string headers = string.Join('\n', context.Request.Headers.AllKeys.Select(name => $"{name}: {context.Request.Headers[name]}"));
                _seen.Enqueue($"{context.Request.HttpMethod} {context.Request.RawUrl}\n{headers}\n\n{await body.ReadToEndAsync()}");
                (int status, (string Name, string Value)[] answer, byte[] content) = _script(context.Request);
                context.Response.StatusCode = status;
                foreach ((string name, string value) in answer)
                    context.Response.AddHeader(name, value);
                context.Response.ContentLength64 = content.Length;
                await context.Response.OutputStream.WriteAsync(content);
                context.Response.Close();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // Disposed, or the client was faster.
            }
        }
    }
}
