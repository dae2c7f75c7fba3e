using System.Threading.Channels;
using Tare.EngineApi.Json;
using Tare.EngineApi.Progress;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Images;

/// <summary>
/// Answers with a stream of progress: work reports from any thread, messages go out in order, the work ends when the client goes. A failure before the
/// first message is an ordinary error; a later one is the stream's last message.
/// </summary>
internal static class ProgressAnswer
{
    /// <summary>Runs the work and sends what it reports.</summary>
    public static async Task RunAsync(ApiRequest request, Func<Action<ProgressMessage>, CancellationToken, Task> work)
    {
        request.Http.Response.ContentType = "application/json";
        TareException? early = null;
        await request.StreamUntilClientGoneAsync(async cancel =>
        {
            var messages = Channel.CreateUnbounded<ProgressMessage>(new UnboundedChannelOptions { SingleReader = true });
            Task working = Task.Run(
                async () =>
                {
                    try
                    {
                        await work(message => _ = messages.Writer.TryWrite(message), cancel);
                    }
                    finally
                    {
                        _ = messages.Writer.TryComplete();
                    }
                },
                CancellationToken.None);
            await foreach (ProgressMessage message in messages.Reader.ReadAllAsync(cancel))
                await WriteAsync(request, message);
            try
            {
                await working;
            }
            catch (TareException error) when (!request.Http.Response.HasStarted)
            {
                early = error;
            }
            catch (TareException error)
            {
                await WriteAsync(request, ProgressMessage.Failure(TareException.Describe(error)));
            }
        });
        if (early is not null)
            throw early;
    }

    private static Task WriteAsync(ApiRequest request, ProgressMessage message) => request.WriteLineAsync(message, EngineApiJson.Default.ProgressMessage);
}
