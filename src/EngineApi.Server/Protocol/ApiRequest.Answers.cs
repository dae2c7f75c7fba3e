using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Tare.EngineApi.Server.Transport;

namespace Tare.EngineApi.Server.Protocol;

public sealed partial class ApiRequest
{
    /// <summary>Escapes only what JSON itself asks for, as Docker does: answers are not parts of web pages.</summary>
    private static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with JSON and its length.</summary>
    public Task AnswerAsync<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, s_plain))
            JsonSerializer.Serialize(writer, value, type);
        return AnswerAsync(body.WrittenMemory, "application/json", status);
    }

    /// <summary>Answers with text.</summary>
    public Task AnswerTextAsync(string text, int status = StatusCodes.Status200OK) =>
        AnswerAsync(Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8", status);

    /// <summary>Answers with bytes as they are.</summary>
    public Task AnswerBytesAsync(byte[] body, string mediaType, int status = StatusCodes.Status200OK) => AnswerAsync(body, mediaType, status);

    /// <summary>Answers without a body: 204, 200, 201.</summary>
    public Task AnswerAsync(int status = StatusCodes.Status204NoContent)
    {
        http.Response.StatusCode = status;
        if (status != StatusCodes.Status204NoContent)
            http.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>Sends the head of a streamed answer at once, so that the client knows that its request is being served.</summary>
    public async Task<Stream> StartStreamAsync(string mediaType, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = mediaType;
        await http.Response.StartAsync(http.RequestAborted);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        return http.Response.Body;
    }

    /// <summary>Writes one JSON value and a newline of a stream, and flushes.</summary>
    public async Task WriteLineAsync<T>(T value, JsonTypeInfo<T> type, byte? prefix = null)
    {
        if (prefix is { } separator)
            http.Response.BodyWriter.Write([separator]);
        await using (var writer = new Utf8JsonWriter(http.Response.BodyWriter, s_plain))
            JsonSerializer.Serialize(writer, value, type);
        http.Response.BodyWriter.Write("\n"u8);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>
    /// Runs a long answer whose client sends nothing more, and cancels it when the client goes, by closing its side or the connection.
    /// The cancellation does not leave this method.
    /// </summary>
    public async Task StreamUntilClientGoneAsync(Func<CancellationToken, Task> stream)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        Task watch = http.Features.Get<IClientConnection>()?.WaitForClientGoneAsync(gone.Token) ?? Task.Delay(Timeout.Infinite, gone.Token);
        Task work = stream(gone.Token);
        _ = await Task.WhenAny(work, watch);
        await gone.CancelAsync();
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The client does not want it any more.
        }
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> body, string mediaType, int status)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = mediaType;
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }
}
