using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Json;
using Tare.EngineApi.Progress;
using Tare.Errors;

namespace Tare.Cli.Formatting;

/// <summary>Shows a progress stream as lines; a failure inside it becomes an error.</summary>
internal static class ProgressDisplay
{
    /// <summary>Reads to the end; a null output shows nothing, <paramref name="results"/> only what is not a step on the way.</summary>
    public static void Show(Stream body, Output? output, bool results = false)
    {
        string last = "";
        foreach (ProgressMessage message in JsonSequence.Read(body, EngineApiJson.Default.ProgressMessage))
        {
            if (message.ErrorDetail?.Message is { Length: > 0 } failure)
                throw TareException.Internal(failure);
            if (message.Error is { Length: > 0 } error)
                throw TareException.Internal(error);
            // Bytes go by too fast for lines: only what a step is doing is shown, once.
            bool counting = message.ProgressDetail is { Total: > 0 } or { Current: > 0 };
            string line = message.Stream ?? (message.Status is null ? "" : message.Id is null ? message.Status + "\n" : $"{message.Id}: {message.Status}\n");
            if (line.Length == 0 || (results && message.Stream is null) || (counting && line == last))
                continue;
            last = line;
            output?.Write(line);
            output?.Flush();
        }
    }
}
