using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.EngineApi.Execs;
using Tare.EngineApi.Json;

namespace Tare.Engine.Execs;

/// <summary>An exec as its file holds it: the next engine goes on with it.</summary>
internal sealed class StoredExec
{
    public string Id { get; set; } = "";
    public string ContainerId { get; set; } = "";
    public JsonElement Request { get; set; }
    public int Pid { get; set; }
    public int? ExitCode { get; set; }
    public long EndedAt { get; set; }

    internal static byte[] Write(Exec exec) => JsonSerializer.SerializeToUtf8Bytes(
        new StoredExec
        {
            Id = exec.Id,
            ContainerId = exec.Container.Id,
            Request = JsonSerializer.SerializeToElement(exec.Request, EngineApiJson.Default.ExecCreateRequest),
            Pid = exec.Pid,
            ExitCode = exec.ExitCode,
            EndedAt = exec.EndedAt,
        },
        StoredExecJson.Default.StoredExec);

    /// <summary>Null for a file that is not whole: the machine stopped while it was written.</summary>
    internal static StoredExec? Read(byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, StoredExecJson.Default.StoredExec);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal ExecCreateRequest ToRequest() => Request.Deserialize(EngineApiJson.Default.ExecCreateRequest)!;
}

/// <summary>Reader and writer of stored execs.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StoredExec))]
internal sealed partial class StoredExecJson : JsonSerializerContext;
