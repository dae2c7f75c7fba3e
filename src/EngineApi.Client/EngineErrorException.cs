namespace Tare.EngineApi.Client;

/// <summary>The engine's refusal: its status and its message, unchanged.</summary>
public sealed class EngineErrorException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status, 304 and 400 upwards.</summary>
    public int Status { get; } = status;

    /// <summary>The thing that was named does not exist.</summary>
    public bool IsNotFound => Status == 404;

    /// <summary>A name of an image cannot be read.</summary>
    public bool IsBadReference => Status == 400 && Message.StartsWith("invalid reference format", StringComparison.Ordinal);
}
