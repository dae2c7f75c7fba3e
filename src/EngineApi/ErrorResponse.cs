namespace Tare.EngineApi;

/// <summary>Body of every answer with a status of 400 and above.</summary>
public sealed class ErrorResponse
{
    [JsonPropertyName("message")] public string Message { get; set; } = "";
}

/// <summary>An object without members, as Docker writes sets: {"80/tcp": {}}.</summary>
public sealed class EmptyObject;
