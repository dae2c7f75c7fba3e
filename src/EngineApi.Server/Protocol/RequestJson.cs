using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Tare.EngineApi.Json;
using Tare.Errors;

namespace Tare.EngineApi.Server.Protocol;

/// <summary>
/// Reads what clients send as JSON. A null for what cannot be null leaves its default, as Go does it; text that is no JSON, a value of another type and
/// more than <see cref="MaxBody"/> bytes are the client's fault.
/// </summary>
internal static class RequestJson
{
    /// <summary>Bytes; a container with thousands of labels has less.</summary>
    public const int MaxBody = 8 << 20;

    private const int MaxDepth = 64;

    private static readonly JsonSerializerOptions Options = new(EngineApiJson.Default.Options)
    {
        TypeInfoResolver = EngineApiJson.Default.WithAddedModifier(IgnoreNulls),
        MaxDepth = MaxDepth,
    };

    /// <summary>The whole of a body; null when there is nothing in it.</summary>
    public static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.ContentLength > MaxBody)
            throw TooLarge();
        var body = new MemoryStream((int)(request.ContentLength ?? 0));
        byte[] buffer = new byte[16 * 1024];
        while (await request.Body.ReadAsync(buffer, cancellation) is var read and > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MaxBody)
                throw TooLarge();
        }
        return body.Length == 0 ? null : body.ToArray();
    }

    /// <summary>The value that a body holds.</summary>
    public static T? Parse<T>(byte[] body) where T : class
    {
        int end = Check(body);
        try
        {
            return JsonSerializer.Deserialize(body.AsSpan(0, end), (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T)));
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"invalid JSON: the value of {error.Path} has a wrong type");
        }
    }

    /// <summary>Throws when it is no JSON, or has an array with a null, which no field of the API may have. Returns where the value ends.</summary>
    private static int Check(byte[] body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
            // One bit for each level: whether it is an array.
            ulong arrays = 0;
            while (reader.Read())
            {
                ulong level = 1UL << (reader.CurrentDepth & 63);
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                    arrays = reader.TokenType == JsonTokenType.StartArray ? arrays | level : arrays & ~level;
                else if (reader.TokenType == JsonTokenType.Null && reader.CurrentDepth > 0 && (arrays & (1UL << (reader.CurrentDepth - 1))) != 0)
                    throw TareException.Invalid("invalid JSON: null as an element of an array");
                if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
                    break;
            }
            int end = (int)reader.BytesConsumed;
            return body.AsSpan(end).TrimStart(" \t\r\n"u8).IsEmpty ? end : throw TareException.Invalid("unexpected content after JSON");
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"invalid JSON: {error.Message}");
        }
    }

    private static void IgnoreNulls(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.Set is not { } set || property.IsSetNullable || property.PropertyType.IsValueType)
                continue;
            property.IsSetNullable = true;
            property.Set = (target, value) =>
            {
                if (value is not null)
                    set(target, value);
            };
        }
    }

    private static BadHttpRequestException TooLarge() =>
        new($"the request's body has more than the {MaxBody >> 20} MiB that JSON may have", StatusCodes.Status413PayloadTooLarge);
}
