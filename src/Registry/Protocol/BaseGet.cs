namespace Tare.Registry.Protocol;

/// <summary>GET /v2/: the registry speaks this protocol.</summary>
internal static class BaseGet
{
    public static Task HandleAsync(RegistryCall call) => call.AnswerAsync(200, "{}"u8.ToArray(), "application/json");
}
