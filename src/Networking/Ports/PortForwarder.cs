using System.Net;
using System.Net.Sockets;
using Tare.Networking.Namespaces;

namespace Tare.Networking.Ports;

/// <summary>
/// Carries TCP connections that reach a published port's own socket to the container: from ::1, from IPv6 to an IPv4 container, and while the firewall
/// table is being put back. Runs on asynchronous sockets; ends when the listener is closed.
/// </summary>
internal sealed class PortForwarder(Socket listener, IReadOnlyList<IPEndPoint> targets, HostNamespace host)
{
    private const int MaxConnections = 1024;
    private const int BufferSize = 32 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private int _open;

    /// <summary>Accepts until the listener is disposed.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync();
            }
            catch (Exception error) when (error is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // The client gave up, or descriptors ran out: neither ends the port.
                await Task.Delay(20);
                continue;
            }
            if (Interlocked.Increment(ref _open) > MaxConnections)
            {
                _ = Interlocked.Decrement(ref _open);
                client.Dispose();
                continue;
            }
            _ = CarryAsync(client);
        }
    }

    private async Task CarryAsync(Socket client)
    {
        try
        {
            using (client)
            using (Socket server = await ConnectAsync())
            {
                client.NoDelay = server.NoDelay = true;
                await Task.WhenAll(CopyAsync(client, server), CopyAsync(server, client));
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection ends for both; the client sees it closed.
        }
        finally
        {
            _ = Interlocked.Decrement(ref _open);
        }
    }

    /// <summary>The first target that accepts: a program that listens on IPv4 only is reached from ::1 too.</summary>
    private async Task<Socket> ConnectAsync()
    {
        using var timeout = new CancellationTokenSource(ConnectTimeout);
        for (int i = 0; ; i++)
        {
            IPEndPoint target = targets[i];
            Socket server = host.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                await server.ConnectAsync(target, timeout.Token);
                return server;
            }
            catch (SocketException) when (i + 1 < targets.Count)
            {
                server.Dispose();
            }
            catch
            {
                server.Dispose();
                throw;
            }
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                for (int sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Closing both wakes the other direction.
            from.Dispose();
            to.Dispose();
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
