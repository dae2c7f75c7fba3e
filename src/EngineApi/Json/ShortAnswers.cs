using System.Text.Json;
using Tare.EngineApi.Containers;

namespace Tare.EngineApi.Json;

/// <summary>Reads the answers every "run" and "exec" gets, without the serializer's metadata; see <see cref="CreateRequestWriter"/>.</summary>
public static class ShortAnswers
{
    /// <summary>{"Id": …, "Warnings": […]}.</summary>
    public static CreateResponse ReadCreated(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var answer = new CreateResponse();
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
                continue;
            bool id = reader.ValueTextEquals("Id"u8);
            bool warnings = reader.ValueTextEquals("Warnings"u8);
            _ = reader.Read();
            if (id)
                answer.Id = reader.GetString() ?? "";
            while (warnings && reader.TokenType != JsonTokenType.Null && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                answer.Warnings.Add(reader.GetString() ?? "");
        }
        return answer.Id.Length > 0 ? answer : throw new JsonException("the answer has no Id");
    }

    /// <summary>{"StatusCode": …, "Error": null or {"Message": …}}.</summary>
    public static WaitResponse ReadWaited(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var answer = new WaitResponse();
        bool any = false;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            if (reader.CurrentDepth == 1 && reader.ValueTextEquals("StatusCode"u8))
            {
                _ = reader.Read();
                answer.StatusCode = reader.GetInt64();
                any = true;
            }
            else if (reader.CurrentDepth == 2 && reader.ValueTextEquals("Message"u8))
            {
                _ = reader.Read();
                answer.Error = new WaitError { Message = reader.GetString() ?? "" };
            }
        }
        return any ? answer : throw new JsonException("the answer has no StatusCode");
    }

    /// <summary>The ExitCode of {"ID": …, "Running": …, "ExitCode": null or a number, …}; null while the process runs.</summary>
    public static int? ReadExitCode(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("ExitCode"u8))
                continue;
            _ = reader.Read();
            return reader.TokenType == JsonTokenType.Null ? null : reader.GetInt32();
        }
        throw new JsonException("the answer has no ExitCode");
    }
}
