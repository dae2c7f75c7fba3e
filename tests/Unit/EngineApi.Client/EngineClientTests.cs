using System.Net.Sockets;
using System.Text;
using Tare.EngineApi.Client;
using Tare.EngineApi.Client.Streams;
using Tare.Errors;

namespace Tare.Tests.Unit.EngineApi.Client;

public sealed class EngineClientTests
{
    private static EngineClient Connect(SocketServer server) => new(EngineAddress.Parse(server.Address));

    [Fact]
    public void A_chunked_body_arrives_whole_whatever_the_pieces_and_the_connection_is_used_again()
    {
        int connections = 0;
        using var server = new SocketServer(connection =>
        {
            _ = Interlocked.Increment(ref connections);
            while (connection.ReadRequest() is not null)
                connection.Send("HTTP/1.1 200 OK\r\nTransfer-", "Encoding: chunked\r\n\r", "\n5;x=y\r\nhel", "lo\r", "\n6\r\n world\r\n0\r\nT: v\r\n\r\n");
        });
        using EngineClient client = Connect(server);
        for (int i = 0; i < 3; i++)
        {
            using EngineResponse response = client.Send(new EngineRequest("GET", "/x").Query("q", "a b&c"));
            Assert.Equal("hello world", response.ReadText());
        }
        Assert.Equal(1, connections);
        Assert.StartsWith("GET /v1.51/x?q=a%20b%26c HTTP/1.1\r\nHost: docker\r\n", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_the_engine_closed_meanwhile_is_replaced()
    {
        using var server = new SocketServer(connection =>
        {
            _ = connection.ReadRequest();
            connection.Send("HTTP/1.1 204 No Content\r\n\r\n");
        });
        using EngineClient client = Connect(server);
        Assert.Equal(204, client.Do(new EngineRequest("POST", "/a")));
        Assert.Equal(204, client.Do(new EngineRequest("POST", "/b")));
    }

    [Fact]
    public void An_older_engine_gets_its_own_version()
    {
        using var server = new SocketServer(connection =>
        {
            while (connection.ReadRequest() is { } request)
            {
                connection.Send(request.Contains("/v1.41/", StringComparison.Ordinal)
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                    : "HTTP/1.1 400 Bad Request\r\nApi-Version: 1.41\r\nContent-Length: 24\r\n\r\n{\"message\":\"is too new\"}");
            }
        });
        using EngineClient client = Connect(server);
        using EngineResponse response = client.Send(new EngineRequest("GET", "/info"));
        Assert.Equal("ok", response.ReadText());
        Assert.Equal("1.41", client.ApiVersion);
    }

    [Fact]
    public void A_refusal_carries_status_and_message()
    {
        using var server = new SocketServer(connection =>
        {
            _ = connection.ReadRequest();
            connection.Send("HTTP/1.1 404 Not Found\r\nContent-Length: 37\r\n\r\n{\"message\":\"No such ", "container: nope\"}");
        });
        using EngineClient client = Connect(server);
        EngineErrorException error = Assert.Throws<EngineErrorException>(() => client.Containers.Start("nope"));
        Assert.Equal((404, "No such container: nope"), (error.Status, error.Message));
    }

    [Fact]
    public void A_streamed_body_is_sent_in_chunks()
    {
        string sent = new('x', 200_000);
        using var server = new SocketServer(connection =>
        {
            _ = connection.ReadRequest();
            connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        using EngineClient client = Connect(server);
        _ = client.Do(new EngineRequest("PUT", "/tar").Stream("application/x-tar", body => body.Write(Encoding.ASCII.GetBytes(sent))));
        Assert.EndsWith("\r\n\r\n" + sent, server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_hijacked_connection_goes_on_after_the_end_of_input()
    {
        using var server = new SocketServer(connection =>
        {
            _ = connection.ReadRequest();
            connection.Send("HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n\u0001\0\0\0\0\0\0\u0003");
            string input = connection.ReadToEnd();
            connection.Send(input, "\u0002\0\0", "\0\0\0\0\u0002no");
            connection.Socket.Shutdown(SocketShutdown.Send);
        });
        using EngineClient client = Connect(server);
        using HijackedStream stream = client.Containers.Attach("c", stdin: true, stdout: true, stderr: true);
        Assert.True(stream.IsMultiplexed);
        stream.Write("yes"u8);
        stream.CloseWrite();
        var stdout = new StringBuilder();
        var stderr = new StringBuilder();
        Demultiplexer.Copy(stream.Read, data => stdout.Append(Encoding.UTF8.GetString(data)), data => stderr.Append(Encoding.UTF8.GetString(data)));
        Assert.Equal(("yes", "no"), (stdout.ToString(), stderr.ToString()));
        Assert.Contains("Upgrade: tcp", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_that_is_not_there_is_told_with_its_address()
    {
        using var client = new EngineClient(EngineAddress.Parse("unix:///nonexistent/x.sock"));
        TareException error = Assert.Throws<TareException>(() => client.Daemon.InfoRaw());
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("unix:///nonexistent/x.sock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_body_that_ends_too_early_is_an_error()
    {
        using var server = new SocketServer(connection =>
        {
            _ = connection.ReadRequest();
            connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        });
        using EngineClient client = Connect(server);
        using EngineResponse response = client.Send(new EngineRequest("GET", "/x"));
        _ = Assert.Throws<IOException>(() => response.ReadText());
    }

    [Fact]
    public void Frames_are_taken_apart_byte_by_byte_and_engine_errors_end_the_stream()
    {
        var seen = new StringBuilder();
        var demultiplexer = new Demultiplexer(d => seen.Append("o:" + Encoding.UTF8.GetString(d)), d => seen.Append("e:" + Encoding.UTF8.GetString(d)));
        foreach (byte b in "\u0001\0\0\0\0\0\0\u0002ab\u0002\0\0\0\0\0\0\u0001c"u8.ToArray())
            demultiplexer.Push([b]);
        Assert.Equal("o:ao:be:c", seen.ToString());
        Assert.Contains("bad", Assert.Throws<IOException>(() => demultiplexer.Push("\u0003\0\0\0\0\0\0\u0003bad"u8)).Message, StringComparison.Ordinal);
        _ = Assert.Throws<IOException>(() => demultiplexer.Push("not a frame at all"u8));
    }

    [Fact]
    public void Json_values_are_split_without_separators_and_across_reads()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("""{"a":"}{\""}{"b":[1]}""" + "\n\u001e[2]"));
        Assert.Equal(["""{"a":"}{\""}""", """{"b":[1]}""", "[2]"], JsonSequence.ReadRaw(stream).Select(m => Encoding.UTF8.GetString(m.Span)));
    }
}
